//! Resources by owner, type and lock, in pages.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::runtime::Query;
use crate::runtime::QueryBus;

/// Which resources.
#[derive(Debug, Clone, Default)]
pub struct ResourceFilter {
    /// Only of this owner.
    pub owner: Option<String>,
    /// Only of this type.
    pub resource_type: Option<String>,
    /// Only those that are locked, or not locked, at the moment asked for.
    pub locked: Option<bool>,
}

/// How many rows are read at once to find those that are locked.
const BLOCK: usize = 500;

/// The next resources after an id, in full, as of a moment.
///
/// # Errors
/// As the store says.
pub async fn list_resources(
    queries: &QueryBus,
    filter: &ResourceFilter,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let field = |name: &str, value: &Option<String>| value.as_ref().map(|value| (name.to_owned(), Value::from(value.clone())));
    let filters: Vec<_> =
        [field("owner_id", &filter.owner), field("resource_type", &filter.resource_type)].into_iter().flatten().collect();
    let mut items = Vec::new();
    let mut query = Query { name: "resources".into(), filters, after, limit: BLOCK.min(limit.saturating_add(1)), stale: false };
    while items.len() <= limit {
        let rows = queries.ask(&query, at).await?;
        let last_block = rows.len() < query.limit;
        // Up to date for this page; the next block must not move it on.
        query.stale = true;
        query.after = rows.last().map(|row| row.key.clone());
        // Whether it is locked depends on the moment, so the row as it is kept cannot say.
        let wanted = |row: &Value| filter.locked.is_none_or(|locked| row["is_locked"] == Value::Bool(locked));
        items.extend(rows.into_iter().map(|row| row.row).filter(|row| !row.is_null() && wanted(row)));
        if last_block {
            break;
        }
    }
    let id = |row: &Value| row["id"].as_str().unwrap_or_default().to_owned();
    Ok(ListPage::of(items, limit, id))
}
