//! Lists of resources by owner, type and lock, in pages.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::domain::resource::Resource;
use crate::ops::ListPage;
use crate::ops::error::OpsError;
use crate::ops::list_states::ListSource;
use crate::ops::list_states::StateList;
use crate::ops::list_states::list_states;

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

/// Lists the next resources after an id.
pub async fn list_resources(
    source: &ListSource,
    filter: &ResourceFilter,
    after: Option<String>,
    limit: usize,
) -> Result<ListPage<Value>, OpsError> {
    let filters = filter.fields();
    list_states(source, StateList { category: Resource::CATEGORY, filters, after, limit }).await
}
