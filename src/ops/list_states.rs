//! Lists of the states of a category, in pages: those of the present from a read model, those of a moment from the events.

use serde_json::Value;

use crate::aggregate::FoldError;
use crate::domain;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::ListCaveat;
use crate::ops::ListPage;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::projections::query::query_projection;
use crate::ops::reducer::Reducer;
use crate::runtime::LoadOptions;
use crate::runtime::Query;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;
use crate::runtime::has;
use crate::runtime::load;
use crate::runtime::version_at;
use crate::store::Store;
use crate::store::StreamQuery;
use crate::store::no_store_is_empty;

/// The source of a list.
#[derive(Clone)]
pub enum ListSource {
    /// The read model, which has the present.
    Present {
        /// The bus that answers from the read model.
        queries: QueryBus,
        /// The time that states are shown as of.
        now: Timestamp,
    },
    /// The events that were recorded up to a moment.
    Past {
        /// The store with the events.
        store: Store,
        /// The moment.
        at: Timestamp,
    },
}

/// A list of the states of one domain.
#[derive(Debug, Clone)]
pub(crate) struct StateList {
    /// The category of the domain.
    pub(crate) category: &'static str,
    /// Fields of the shown state, and their required values.
    pub(crate) filters: Vec<(String, Value)>,
    /// The id after which the list begins.
    pub(crate) after: Option<String>,
    /// Maximum number of items.
    pub(crate) limit: usize,
}

/// Lists the next states after an id, in the order of their ids.
///
/// A read model that was never built because an event failed to apply has no rows. Then the list is made from events, and
/// names the streams that failed.
///
/// # Errors
/// [`OpsError::Invalid`] for a category without a domain or a domain without a read model.
pub(crate) async fn list_states(source: &ListSource, list: StateList) -> Result<ListPage<Value>, OpsError> {
    let (queries, now) = match source {
        ListSource::Past { store, at } => return list_up_to(store, &list, *at, store.position_at(*at).await?).await,
        ListSource::Present { queries, now } => (queries, *now),
    };
    let StateList { category, filters, after, limit } = list.clone();
    let Some(read_model) = domain::of_category(category).and_then(|domain| domain.projection) else {
        return Err(OpsError::Invalid(format!("there is no domain with a read model for category {category}")));
    };
    let query = Query { name: read_model.name().to_owned(), filters, after, limit, stale: false };
    match query_projection(queries, query, now).await {
        Err(OpsError::Runtime(RuntimeError::Fold { .. })) => {
            // All events count, as a wrong clock may have recorded some after the moment.
            let store = queries.store();
            list_up_to(store, &list, now, store.head().await?.position).await
        }
        found => Ok(found?.map(|row| row.row)),
    }
}

/// Lists states from the events up to a position, shown as of a time.
async fn list_up_to(store: &Store, list: &StateList, at: Timestamp, position: Position) -> Result<ListPage<Value>, OpsError> {
    let category = list.category;
    if domain::of_category(category).is_none() {
        return Err(OpsError::Invalid(format!("there is no domain for category {category}")));
    }
    // Names of other categories sort before the first id, so `after` may be the empty id.
    let after = format!("{category}-{}", list.after.as_deref().unwrap_or_default());
    let streams = StreamQuery { category: Some(category.to_owned()), after: Some(after), ..StreamQuery::default() };
    let mut streams = Pages::of(store, streams);
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    while let Some(info) = streams.next().await? {
        let stream = info.name()?;
        let up_to = if info.last_position > position { version_at(store, &stream, position).await? } else { info.version };
        if up_to > Version::ZERO && !stream.id().is_empty() {
            match shown_at(store, &stream, up_to, list, at).await {
                Ok(shown) => found.extend(shown),
                Err(error) => broken.push(BrokenStream::of(&stream, error)?),
            }
        }
        if found.len() > list.limit {
            break;
        }
    }
    // The count is of the whole category, so that it is the same on each page.
    let left_out = no_store_is_empty(store.quarantine().await)?.of_category(category, position);
    let caveats = ListCaveat::left_out(left_out).into_iter().collect();
    let page = ListPage::of(found, list.limit, |(id, _)| id.clone());
    Ok(ListPage { broken, caveats, ..page.map(|(_, shown)| shown) })
}

/// Returns a state with its id, if it exists and matches the filters.
async fn shown_at(
    store: &Store,
    stream: &StreamName,
    up_to: Version,
    list: &StateList,
    at: Timestamp,
) -> Result<Option<(String, Value)>, OpsError> {
    let mut fold = Reducer::Named(list.category.to_owned()).fold(stream)?;
    match load(store, stream, &mut *fold, LoadOptions { up_to, snapshots: true }).await {
        // A read model has no row for it either.
        Err(RuntimeError::Fold { source: FoldError::Copied { .. }, .. }) => return Ok(None),
        loaded => loaded?,
    };
    let shown = fold.show(at);
    let wanted = !shown.is_null() && list.filters.iter().all(|(field, value)| has(&shown, field, value));
    Ok(wanted.then(|| (stream.id().to_owned(), shown)))
}
