//! What may be asked of a resource, and how the payloads on the command bus are read.
//!
//! Only shapes are checked here; which values are allowed is for `decide`.

use jiff::SignedDuration;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::IgnoredAny;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainCommand;
use crate::domain::excerpt::excerpt;

/// How long a lock holds unless told.
pub const DEFAULT_LOCK: SignedDuration = SignedDuration::from_secs(5 * 60);

/// A wish of a client.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ResourceCommand {
    /// Make a resource.
    Create(CreateResource),
    /// Take some of it.
    Allocate {
        /// How much.
        amount: i64,
        /// Why.
        reason: Option<String>,
    },
    /// Put some back, up to the maximum.
    Add {
        /// How much.
        amount: i64,
        /// Why.
        reason: Option<String>,
    },
    /// Let nobody take or add for a time.
    Lock {
        /// For how long.
        duration: SignedDuration,
        /// Why.
        reason: Option<String>,
    },
    /// Take the lock off.
    Unlock,
}

/// What a new resource shall be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CreateResource {
    /// Whose it is.
    pub owner_id: String,
    /// What it is.
    pub resource_type: String,
    /// How much there is at first.
    pub initial_amount: i64,
    /// How much there can be.
    pub max_amount: i64,
    /// Units that come back each second.
    pub regeneration_rate: f64,
    /// Whatever the application keeps with it.
    pub metadata: Map<String, Value>,
}

impl DomainCommand for ResourceCommand {
    const NAMES: &'static [&'static str] =
        &["resource.create", "resource.allocate", "resource.add", "resource.lock", "resource.unlock"];

    fn from_payload(name: &str, payload: &Value) -> Option<Result<Self, serde_json::Error>> {
        Some(match name {
            "resource.create" => parse(payload).and_then(create),
            "resource.allocate" => parse(payload).map(|Move { amount, reason, .. }| ResourceCommand::Allocate { amount, reason }),
            "resource.add" => parse(payload).map(|Move { amount, reason, .. }| ResourceCommand::Add { amount, reason }),
            "resource.lock" => parse(payload).and_then(lock),
            "resource.unlock" => parse(payload).map(|Unlock { .. }| ResourceCommand::Unlock),
            _ => return None,
        })
    }
}

// The payloads. `id` is taken in each because clients send it; the one that counts is the stream's.

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
struct Move {
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
        return Err(Error::custom(format_args!("wanted a JSON object, found {}", excerpt(payload))));
    }
    for field in ["amount", "initial_amount", "max_amount"] {
        if let Some(value) = payload.get(field).filter(|value| value.as_i64().is_none()) {
            let message = format_args!("{field} is {}; wanted a whole number up to {}", excerpt(value), i64::MAX);
            return Err(Error::custom(message));
        }
    }
    T::deserialize(payload)
}

fn create(payload: Create) -> Result<ResourceCommand, serde_json::Error> {
    let metadata = match payload.metadata {
        None => Map::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(other) => return Err(Error::custom(format_args!("metadata is {}; wanted a JSON object", excerpt(&other)))),
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
            let text = excerpt(&Value::String(text));
            Error::custom(format_args!("for is {text}; wanted a duration like 90s, 5m or 1h30m ({error})"))
        })?,
    };
    Ok(ResourceCommand::Lock { duration, reason: payload.reason })
}
