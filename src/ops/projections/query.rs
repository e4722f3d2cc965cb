//! Queries of a read model by name.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListCaveat;
use crate::ops::ListPage;
use crate::ops::caveat::quarantined;
use crate::ops::error::OpsError;
use crate::runtime::Caveat;
use crate::runtime::PastReadModel;
use crate::runtime::Query;
use crate::runtime::QueryAnswer;
use crate::runtime::QueryBus;
use crate::runtime::QueryRow;
use crate::store::Store;

/// Reads a page of rows with certain values, as they show at a moment. `query.limit` is the size of the page.
///
/// # Errors
/// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such read model.
pub async fn query_projection(queries: &QueryBus, mut query: Query, at: Timestamp) -> Result<ListPage<QueryRow>, OpsError> {
    let limit = query.limit;
    query.limit = limit.saturating_add(1);
    Ok(page(queries.ask(&query, at).await?, &query.name, limit))
}

/// A read model at a moment, made from the events up to it.
pub struct ProjectionAt {
    read_model: PastReadModel,
    at: Timestamp,
}

impl ProjectionAt {
    /// Builds the read model in memory. All events up to the moment are read once.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`](crate::runtime::RuntimeError::NotFound) when there is no such projection.
    pub async fn build(store: &Store, queries: &QueryBus, name: &str, at: Timestamp) -> Result<Self, OpsError> {
        let position = store.position_at(at).await?;
        Ok(Self { read_model: PastReadModel::build(queries, name, position).await?, at })
    }

    /// Returns a page of the rows, as they show at the moment. `query.limit` is the size of the page.
    pub fn page(&self, mut query: Query) -> ListPage<QueryRow> {
        let limit = query.limit;
        query.limit = limit.saturating_add(1);
        page(self.read_model.ask(&query, self.at), &query.name, limit)
    }
}

fn page(answer: QueryAnswer, projection: &str, limit: usize) -> ListPage<QueryRow> {
    let caveats = answer.caveats.into_iter().map(|caveat| reported(caveat, projection)).collect();
    ListPage { caveats, ..ListPage::of(answer.rows, limit, |row| row.key.clone()) }
}

/// Returns a caveat for every reader: without names and reasons of operators, and without errors of the store.
fn reported(caveat: Caveat, projection: &str) -> ListCaveat {
    let message = match &caveat {
        Caveat::InMemory(_) => "the read model cannot be written; the answer was computed in memory".to_owned(),
        Caveat::Paused(paused) => format!("the projection is paused since {}; later events are missing", paused.since),
        Caveat::Stopped(event) => {
            format!("the projection is stopped at event {}, which failed to apply; later events are missing", event.position)
        }
        Caveat::Parked(streams) => format!("parked streams, whose rows lack events: {streams}"),
        Caveat::Missing(events) => format!("events that are missing until the read model is rebuilt: {events}"),
        Caveat::Quarantined(events) => quarantined(*events),
        Caveat::MaintainedByApplication => "the read model is maintained by an application".to_owned(),
        Caveat::Behind(events) => format!("events that the read model has not read yet: {events}"),
    };
    ListCaveat { code: caveat.code(), projection: Some(projection.to_owned()), message, caveat }
}

/// Parses a value after `FIELD=`: JSON if it is a number, true, false or null, otherwise text.
pub fn typed_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        _ => Value::String(text.to_owned()),
    }
}
