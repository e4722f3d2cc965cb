//! The commands of a resource, and parsing of their payloads.
//!
//! Only types are checked here. `decide` checks the values.

use jiff::SignedDuration;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainCommand;
use crate::domain::truncate::truncate;

/// Default duration of a lock.
pub const DEFAULT_LOCK: SignedDuration = SignedDuration::from_secs(5 * 60);

/// A command of a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ResourceCommand {
    /// Creates a resource.
    Create(CreateResource),
    /// Takes an amount.
    Allocate {
        /// The amount.
        amount: i64,
        /// The reason.
        reason: Option<String>,
    },
    /// Adds an amount, up to the maximum.
    Add {
        /// The amount.
        amount: i64,
        /// The reason.
        reason: Option<String>,
    },
    /// Locks the resource for a time, so that no amount can be taken or added.
    Lock {
        /// The duration.
        duration: SignedDuration,
        /// The reason.
        reason: Option<String>,
    },
    /// Removes the lock.
    Unlock,
}

/// The settings of a new resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CreateResource {
    /// The owner.
    pub owner_id: String,
    /// The type, such as `currency`.
    pub resource_type: String,
    /// The initial amount.
    pub initial_amount: i64,
    /// The maximum amount.
    pub max_amount: i64,
    /// Units that regenerate per second.
    pub regeneration_rate: f64,
    /// Data of the application.
    pub metadata: Map<String, Value>,
}

impl DomainCommand for ResourceCommand {
    const NAMES: &'static [&'static str] =
        &["resource.create", "resource.allocate", "resource.add", "resource.lock", "resource.unlock"];

    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        Some(match name {
            "resource.create" => parse(payload).and_then(create),
            "resource.allocate" => {
                parse(payload).map(|AmountChange { amount, reason, .. }| ResourceCommand::Allocate { amount, reason })
            }
            "resource.add" => parse(payload).map(|AmountChange { amount, reason, .. }| ResourceCommand::Add { amount, reason }),
            "resource.lock" => parse(payload).and_then(lock),
            "resource.unlock" => parse(payload).map(|Unlock { .. }| ResourceCommand::Unlock),
            _ => return None,
        })
    }
}

// The payloads. Clients may send `id`, which is ignored: the id of the stream is used.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    owner_id: String,
    resource_type: String,
    initial_amount: i64,
    max_amount: i64,
    regeneration_rate: Option<f64>,
    metadata: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountChange {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    amount: i64,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    r#for: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlock {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
}

fn parse<T: DeserializeOwned>(payload: &Value) -> Result<T, serde_json::Error> {
    if !payload.is_object() {
        return Err(Error::custom(format_args!("expected a JSON object, found {}", truncate(payload))));
    }
    for field in ["amount", "initial_amount", "max_amount"] {
        if let Some(value) = payload.get(field).filter(|value| value.as_i64().is_none()) {
            let message = format_args!("{field} is {}; expected a whole number up to {}", truncate(value), i64::MAX);
            return Err(Error::custom(message));
        }
    }
    T::deserialize(payload)
}

fn create(payload: Create) -> Result<ResourceCommand, serde_json::Error> {
    let metadata = match payload.metadata {
        None => Map::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(other) => return Err(Error::custom(format_args!("metadata is {}; expected a JSON object", truncate(&other)))),
    };
    Ok(ResourceCommand::Create(CreateResource {
        owner_id: payload.owner_id,
        resource_type: payload.resource_type,
        initial_amount: payload.initial_amount,
        max_amount: payload.max_amount,
        regeneration_rate: payload.regeneration_rate.unwrap_or(0.0),
        metadata,
    }))
}

fn lock(payload: Lock) -> Result<ResourceCommand, serde_json::Error> {
    let duration = match payload.r#for {
        None => DEFAULT_LOCK,
        Some(text) => text.parse().map_err(|error: jiff::Error| {
            let text = truncate(&Value::String(text));
            Error::custom(format_args!("for is {text}; expected a duration like 90s, 5m or 1h30m ({error})"))
        })?,
    };
    Ok(ResourceCommand::Lock { duration, reason: payload.reason })
}
