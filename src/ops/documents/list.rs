//! Lists of documents, in pages.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::document::Document;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_states::ListSource;
use crate::ops::list_states::StateList;
use crate::ops::list_states::list_states;

/// Lists the next documents after an id.
pub async fn list_documents(source: &ListSource, after: Option<String>, limit: usize) -> Result<ListPage<Value>, OpsError> {
    let (category, filters) = (Document::CATEGORY, Vec::new());
    list_states(source, StateList { category, filters, after, limit }).await
}
