//! Resources by owner, type and lock, in pages.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::projections::query::query_projection;
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
    let text = |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), Value::from(value)));
    let locked = filter.locked.map(|locked| ("is_locked".to_owned(), Value::from(locked)));
    let filters = [text("owner_id", &filter.owner), text("resource_type", &filter.resource_type), locked];
    let filters = filters.into_iter().flatten().collect();
    let query = Query { name: "resources".into(), filters, after, limit, stale: false };
    let page = query_projection(queries, query, at).await?;
    Ok(ListPage { items: page.items.into_iter().map(|row| row.row).collect(), next: page.next })
}
