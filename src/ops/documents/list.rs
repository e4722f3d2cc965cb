//! Lists of documents, now or at a moment, in pages.

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

/// Lists the next documents after an id.
pub async fn list_documents(
    queries: &QueryBus,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let category = Document::CATEGORY;
    list_now(queries, "documents", &ListAt { category, filters: Vec::new(), at, after, limit }).await
}

/// Lists the next documents after an id, as they were at a moment.
pub async fn list_documents_at(
    store: &Store,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let category = Document::CATEGORY;
    list_at(store, &ListAt { category, filters: Vec::new(), at, after, limit }).await
}
