//! Asking a read model by name.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
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
    let rows = queries.ask(&query, at).await?;
    Ok(ListPage::of(rows, limit, |row| row.key.clone()))
}

/// A value as somebody types it after `FIELD=`: JSON where it is a number, true, false or null, else text.
pub fn typed_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        _ => Value::String(text.to_owned()),
    }
}
