//! The documents there are, or were at a moment, in pages.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::document::Document;
use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_at::ListAt;
use crate::ops::list_at::list_at;
use crate::ops::list_at::list_now;
use crate::runtime::QueryBus;
use crate::store::Store;

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
    let category = Document::CATEGORY;
    list_now(queries, "documents", &ListAt { category, filters: Vec::new(), at, after, limit }).await
}

/// The next documents after an id, as the events up to and including a moment have made them.
///
/// # Errors
/// As the store says.
pub async fn list_documents_at(
    store: &Store,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let category = Document::CATEGORY;
    list_at(store, &ListAt { category, filters: Vec::new(), at, after, limit }).await
}
