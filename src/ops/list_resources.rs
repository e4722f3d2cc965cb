//! Resources by owner, type and lock, in pages: as they are, or as they were.

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

impl ResourceFilter {
    /// The fields of a resource, as it is shown, and the values they must have.
    fn fields(&self) -> Vec<(String, Value)> {
        let text = |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), Value::from(value)));
        let locked = self.locked.map(|locked| ("is_locked".to_owned(), Value::from(locked)));
        let fields = [text("owner_id", &self.owner), text("resource_type", &self.resource_type), locked];
        fields.into_iter().flatten().collect()
    }
}

/// The next resources after an id, in full, as they show at `at`.
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
    let category = Resource::CATEGORY;
    list_now(queries, "resources", &ListAt { category, filters: filter.fields(), at, after, limit }).await
}

/// The next resources after an id, in full, as the events up to and including a moment have made them.
///
/// # Errors
/// As the store says.
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
