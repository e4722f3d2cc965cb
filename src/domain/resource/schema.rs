//! The schemas of a resource: all fields for the server, a part of them for clients.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::resource::state::Resource;
use crate::event::Timestamp;
use crate::event::Version;

/// The fields that clients see, in order. The server's schema begins with them.
pub const CLIENT_FIELDS: [&str; 7] = ["id", "owner_id", "resource_type", "amount", "max_amount", "last_updated", "is_locked"];

/// The fields of events that clients see: those of their schema, and the reason of a change.
const CLIENT_EVENT_FIELDS: [&str; 7] = ["owner_id", "resource_type", "amount", "max_amount", "requested", "new_amount", "reason"];

/// A resource. The fields after `is_locked` are in the server's schema only.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = Resource))]
pub struct ResourceView<'a> {
    /// The id.
    id: &'a str,
    /// The owner.
    owner_id: &'a str,
    /// The type, such as `currency`.
    resource_type: &'a str,
    /// The amount at the requested time.
    amount: i64,
    /// The maximum amount.
    max_amount: i64,
    /// The time of the last event.
    last_updated: Timestamp,
    /// True if the resource is locked at the requested time.
    is_locked: bool,
    /// Units that regenerate per second.
    #[cfg_attr(feature = "server", schema(required = false))]
    regeneration_rate: f64,
    /// The time up to which the recorded amount includes regeneration.
    #[cfg_attr(feature = "server", schema(required = false))]
    last_regenerated: Timestamp,
    /// The reason of the lock.
    lock_reason: Option<&'a str>,
    /// The time at which the lock ends.
    lock_expiry: Option<Timestamp>,
    /// The number of events.
    #[cfg_attr(feature = "server", schema(required = false))]
    version: Version,
    /// The time of creation.
    #[cfg_attr(feature = "server", schema(nullable = false))]
    created_at: Option<Timestamp>,
    /// Data of the application.
    #[cfg_attr(feature = "server", schema(value_type = Object, required = false))]
    metadata: &'a Map<String, Value>,
}

/// Returns all fields of a resource at a time; `Null` if it was never created.
pub(super) fn server_schema(resource: &Resource, id: &str, version: u64, at: Timestamp) -> Value {
    if !resource.exists() {
        return Value::Null;
    }
    let lock_expiry = resource.lock_at(at);
    let view = ResourceView {
        id,
        owner_id: &resource.owner_id,
        resource_type: &resource.resource_type,
        amount: resource.regenerate(at).amount,
        max_amount: resource.max_amount,
        last_updated: resource.last_updated,
        is_locked: lock_expiry.is_some(),
        regeneration_rate: resource.regeneration_rate,
        last_regenerated: resource.last_regenerated,
        lock_reason: lock_expiry.and(resource.lock_reason.as_deref()),
        lock_expiry,
        version: Version(version),
        created_at: resource.created_at,
        metadata: &resource.metadata,
    };
    // This always serializes.
    serde_json::to_value(view).unwrap_or(Value::Null)
}

/// Returns the client's schema of the server's schema; `Null` for `Null`.
pub fn client_schema(server: &Value) -> Value {
    let Value::Object(server) = server else { return Value::Null };
    let fields = CLIENT_FIELDS.iter().filter_map(|name| server.get_key_value(*name));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Returns the fields of an event's data that clients see. The reason and end of a lock are hidden.
pub fn client_event(event_type: &str, data: Map<String, Value>) -> Map<String, Value> {
    let visible = |field: &str| CLIENT_EVENT_FIELDS.contains(&field) && (field != "reason" || event_type != "resource.locked");
    data.into_iter().filter(|(field, _)| visible(field)).collect()
}
