//! The documents there are, in pages.

use serde_json::Value;

use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::projections::query::query_projection;
use crate::runtime::Query;
use crate::runtime::QueryBus;

/// The next documents after an id.
///
/// # Errors
/// As the store says.
pub async fn list_documents(
    queries: &QueryBus,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let query = Query { name: "documents".into(), filters: Vec::new(), after, limit, stale: false };
    let page = query_projection(queries, query, at).await?;
    Ok(ListPage { items: page.items.into_iter().map(|row| row.row).collect(), next: page.next })
}
