//! Lists of the streams of a category at a moment, in pages. They are made from events, since a read model only has the present.

use serde_json::Value;

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

/// The input of a list.
#[derive(Debug, Clone)]
pub(crate) struct ListAt {
    /// The category of a domain.
    pub(crate) category: &'static str,
    /// Fields of the shown state, and their required values.
    pub(crate) filters: Vec<(String, Value)>,
    /// The moment. Events that were recorded up to it count.
    pub(crate) at: Timestamp,
    /// The id after which the list begins.
    pub(crate) after: Option<String>,
    /// Maximum number of items.
    pub(crate) limit: usize,
}

/// Lists the next states after an id, as they were at a moment, in the order of their ids.
///
/// # Errors
/// [`OpsError::Invalid`] for a category without a domain.
pub(crate) async fn list_at(store: &Store, input: &ListAt) -> Result<ListPage<Value>, OpsError> {
    list_up_to(store, input, store.position_at(input.at).await?).await
}

/// Does the work of [`list_at`] with the events up to a position.
async fn list_up_to(store: &Store, input: &ListAt, position: Position) -> Result<ListPage<Value>, OpsError> {
    let category = input.category;
    if domain::of_category(category).is_none() {
        return Err(OpsError::Invalid(format!("there is no domain for category {category}")));
    }
    // Names of other categories sort before the first id, so `after` may be the empty id.
    let after = format!("{category}-{}", input.after.as_deref().unwrap_or_default());
    let streams = StreamQuery { category: Some(category.to_owned()), after: Some(after), ..StreamQuery::default() };
    let mut streams = Pages::of(store, streams);
    let (mut found, mut broken) = (Vec::new(), Vec::new());
    while let Some(info) = streams.next().await? {
        let stream = info.name()?;
        let up_to = if info.last_position > position { version_at(store, &stream, position).await? } else { info.version };
        if up_to > Version::ZERO && !stream.id().is_empty() {
            match shown_at(store, &stream, up_to, input).await {
                Ok(shown) => found.extend(shown),
                Err(error) => broken.push(BrokenStream::of(&stream, error)?),
            }
        }
        if found.len() > input.limit {
            break;
        }
    }
    // The count is of the whole category, so that it is the same on each page.
    let left_out = no_store_is_empty(store.quarantine().await)?.of_category(category, position);
    let caveats = ListCaveat::left_out(left_out).into_iter().collect();
    let page = ListPage::of(found, input.limit, |(id, _)| id.clone());
    Ok(ListPage { broken, caveats, ..page.map(|(_, shown)| shown) })
}

/// Lists the next states after an id, as they are at a moment, from the read model. A read model that was never built because an
/// event failed to apply has no rows. Then the list is made from events, and names the streams that failed.
pub(crate) async fn list_now(queries: &QueryBus, projection: &str, input: &ListAt) -> Result<ListPage<Value>, OpsError> {
    let ListAt { filters, after, limit, at, .. } = input.clone();
    let query = Query { name: projection.to_owned(), filters, after, limit, stale: false };
    match query_projection(queries, query, at).await {
        Err(OpsError::Runtime(RuntimeError::Fold { .. })) => {
            // All events count, as a wrong clock may have recorded some after the moment.
            let store = queries.store();
            list_up_to(store, input, store.head().await?.position).await
        }
        found => Ok(found?.map(|row| row.row)),
    }
}

/// Returns a state with its id, if it exists and matches the filters.
async fn shown_at(
    store: &Store,
    stream: &StreamName,
    up_to: Version,
    input: &ListAt,
) -> Result<Option<(String, Value)>, OpsError> {
    let mut fold = Reducer::Own.fold(stream)?;
    load(store, stream, &mut *fold, LoadOptions { up_to, snapshots: true }).await?;
    let shown = fold.show(input.at);
    let wanted = !shown.is_null() && input.filters.iter().all(|(field, value)| has(&shown, field, value));
    Ok(wanted.then(|| (stream.id().to_owned(), shown)))
}
