//! Asking a read model by name.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListCaveat;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::runtime::Caveat;
use crate::runtime::Query;
use crate::runtime::QueryBus;
use crate::runtime::QueryRow;

/// A page of rows that have these values, as of a moment. `query.limit` is the size of the page.
///
/// # Errors
/// No such read model, or as the store says.
pub async fn query_projection(queries: &QueryBus, mut query: Query, at: Timestamp) -> Result<ListPage<QueryRow>, OpsError> {
    let limit = query.limit;
    query.limit = limit.saturating_add(1);
    let answer = queries.ask(&query, at).await?;
    let caveats = answer.caveats.into_iter().map(|caveat| reported(caveat, &query.name)).collect();
    Ok(ListPage { caveats, ..ListPage::of(answer.rows, limit, |row| row.key.clone()) })
}

/// A caveat as every reader may see it: without names and reasons of operators, and without errors of the store.
fn reported(caveat: Caveat, projection: &str) -> ListCaveat {
    let message = match &caveat {
        Caveat::InMemory(_) => "the read model cannot be written; the answer was computed in memory".to_owned(),
        Caveat::Paused(paused) => format!("the projection is paused since {}; later events are missing", paused.since),
        Caveat::Stopped(problem) => {
            format!("the projection is stopped at event {}, which failed to apply; later events are missing", problem.position)
        }
        Caveat::Parked(streams) => format!("parked streams, whose rows lack events: {streams}"),
        Caveat::Missing(events) => format!("events that are missing until the read model is rebuilt: {events}"),
        Caveat::Quarantined(events) => format!("quarantined events that are left out: {events}"),
        Caveat::Behind(events) => format!("events that the read model has not read yet: {events}"),
    };
    ListCaveat { code: caveat.code(), projection: projection.to_owned(), message, caveat }
}

/// A value as somebody types it after `FIELD=`: JSON where it is a number, true, false or null, else text.
pub fn typed_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        _ => Value::String(text.to_owned()),
    }
}
