//! The things of a category as they were at a moment, in pages: from the events, since a read model is of now.

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

/// Which things, and when.
#[derive(Debug, Clone)]
pub(crate) struct ListAt {
    /// A category that a domain is for.
    pub(crate) category: &'static str,
    /// Fields at the top of what is shown at the moment, and the values they must have.
    pub(crate) filters: Vec<(String, Value)>,
    /// The moment: everything recorded up to and including it counts.
    pub(crate) at: Timestamp,
    /// Only ids after this one.
    pub(crate) after: Option<String>,
    /// At most so many.
    pub(crate) limit: usize,
}

/// The next things after an id, in full, as they were at a moment; in the order of their ids.
///
/// # Errors
/// [`OpsError::Invalid`] for a category that no domain is for, or as the store says.
pub(crate) async fn list_at(store: &Store, input: &ListAt) -> Result<ListPage<Value>, OpsError> {
    list_up_to(store, input, store.position_at(input.at).await?).await
}

/// The same with the events up to and including a position.
async fn list_up_to(store: &Store, input: &ListAt, position: Position) -> Result<ListPage<Value>, OpsError> {
    let category = input.category;
    if domain::of_category(category).is_none() {
        return Err(OpsError::Invalid(format!("no domain is for category {category}")));
    }
    // The names before that of the first id begin otherwise, so `after` may be the empty id.
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
    // Of the whole category, so that each page says the same.
    let left_out = no_store_is_empty(store.quarantine().await)?.of_category(category, position);
    let caveats = ListCaveat::left_out(left_out).into_iter().collect();
    let page = ListPage::of(found, input.limit, |(id, _)| id.clone());
    Ok(ListPage { broken, caveats, ..page.map(|(_, shown)| shown) })
}

/// The next things after an id, as they show at a moment: from the read model. One that was never built, because an event
/// cannot be applied, has no rows: then from the events, which names the streams that cannot be read.
///
/// # Errors
/// An error of the projection other than that, or of the store.
pub(crate) async fn list_now(queries: &QueryBus, projection: &str, input: &ListAt) -> Result<ListPage<Value>, OpsError> {
    let ListAt { filters, after, limit, at, .. } = input.clone();
    let query = Query { name: projection.to_owned(), filters, after, limit, stale: false };
    match query_projection(queries, query, at).await {
        Err(OpsError::Runtime(RuntimeError::Fold { .. })) => {
            // All there is: a wrong clock may have recorded events after the moment.
            let store = queries.store();
            list_up_to(store, input, store.head().await?.position).await
        }
        found => Ok(found?.map(|row| row.row)),
    }
}

/// A thing, if it was there and is wanted.
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
