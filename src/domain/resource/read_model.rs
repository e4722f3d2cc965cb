//! The read model `resources`: one row for each resource, with its state after the last event.

use crate::aggregate::AggregateRows;
use crate::domain::resource::state::Resource;

/// The rows of all resources, by id.
pub const RESOURCES: AggregateRows<Resource> = AggregateRows::named("resources").indexed(&["owner_id", "resource_type"]);
