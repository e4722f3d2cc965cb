//! A resource as it is shown: in full to the server's own people, in part to clients.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::resource::state::Resource;
use crate::event::Timestamp;

/// The fields clients see, in their order; the server's schema begins with them.
pub const CLIENT_FIELDS: [&str; 7] = ["id", "owner_id", "resource_type", "amount", "max_amount", "last_updated", "is_locked"];

/// The fields of events that clients see: what their schema is made of, and why somebody took or added.
const CLIENT_EVENT_FIELDS: [&str; 7] = ["owner_id", "resource_type", "amount", "max_amount", "requested", "new_amount", "reason"];

/// The server's schema. `amount` and the lock are as of the moment asked for; `last_regenerated` and
/// `last_updated` are as the last event left them.
#[derive(Serialize)]
struct ServerSchema<'a> {
    id: &'a str,
    owner_id: &'a str,
    resource_type: &'a str,
    amount: i64,
    max_amount: i64,
    last_updated: Timestamp,
    is_locked: bool,
    regeneration_rate: f64,
    last_regenerated: Timestamp,
    lock_reason: Option<&'a str>,
    lock_expiry: Option<Timestamp>,
    version: u64,
    created_at: Option<Timestamp>,
    metadata: &'a Map<String, Value>,
}

/// The resource in full at a moment; `Null` where it was never created.
pub(super) fn server_schema(resource: &Resource, id: &str, version: u64, at: Timestamp) -> Value {
    if !resource.exists() {
        return Value::Null;
    }
    let lock_expiry = resource.lock_at(at);
    let schema = ServerSchema {
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
        version,
        created_at: resource.created_at,
        metadata: &resource.metadata,
    };
    // Nothing in it can fail to be JSON.
    serde_json::to_value(schema).unwrap_or(Value::Null)
}

/// What a client sees of the server's schema; `Null` stays `Null`.
pub fn client_schema(server: &Value) -> Value {
    let Value::Object(server) = server else { return Value::Null };
    let fields = CLIENT_FIELDS.iter().filter_map(|name| server.get_key_value(*name));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// What a client sees of the data of an event. Why and until when something is locked is the server's.
pub fn client_event(event_type: &str, data: Map<String, Value>) -> Map<String, Value> {
    let seen = |field: &str| CLIENT_EVENT_FIELDS.contains(&field) && (field != "reason" || event_type != "resource.locked");
    data.into_iter().filter(|(field, _)| seen(field)).collect()
}
