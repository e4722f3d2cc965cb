//! The read model `resources`: one row for each resource, its state as of its last event.

use crate::aggregate::AggregateRows;
use crate::domain::resource::state::Resource;

/// All resources, by id.
pub const RESOURCES: AggregateRows<Resource> = AggregateRows::named("resources").indexed(&["owner_id", "resource_type"]);
