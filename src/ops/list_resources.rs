//! Lists of resources by owner, type and lock, in pages, now or at a moment.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::resource::Resource;
use crate::event::Timestamp;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_at::ListAt;
use crate::ops::list_at::list_at;
use crate::ops::list_at::list_now;
use crate::runtime::QueryBus;
use crate::store::Store;

/// A filter on resources.
#[derive(Debug, Clone, Default)]
pub struct ResourceFilter {
    /// The owner.
    pub owner: Option<String>,
    /// The type.
    pub resource_type: Option<String>,
    /// True for resources that are locked at the moment of the list, false for the others.
    pub locked: Option<bool>,
}

impl ResourceFilter {
    /// Returns the fields of the shown resource, and their required values.
    fn fields(&self) -> Vec<(String, Value)> {
        let text = |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), Value::from(value)));
        let locked = self.locked.map(|locked| ("is_locked".to_owned(), Value::from(locked)));
        let fields = [text("owner_id", &self.owner), text("resource_type", &self.resource_type), locked];
        fields.into_iter().flatten().collect()
    }
}

/// Lists the next resources after an id, as they are at a moment.
pub async fn list_resources(
    queries: &QueryBus,
    filter: &ResourceFilter,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let category = Resource::CATEGORY;
    list_now(queries, "resources", &ListAt { category, filters: filter.fields(), at, after, limit }).await
}

/// Lists the next resources after an id, as they were at a moment.
pub async fn list_resources_at(
    store: &Store,
    filter: &ResourceFilter,
    after: Option<String>,
    limit: usize,
    at: Timestamp,
) -> Result<ListPage<Value>, OpsError> {
    let category = Resource::CATEGORY;
    list_at(store, &ListAt { category, filters: filter.fields(), at, after, limit }).await
}
