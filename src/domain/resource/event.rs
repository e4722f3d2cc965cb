//! The events of a resource. They contain everything that the state needs, so folding uses no clock.
//!
//! A field that a hand-written event (a scenario's `given`) may omit has a default without effect.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainEvent;
use crate::event::Timestamp;

/// An event of a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ResourceEvent {
    /// `resource.created`
    Created(ResourceCreated),
    /// `resource.allocated`
    Allocated(ResourceAllocated),
    /// `resource.added`
    Added(ResourceAdded),
    /// `resource.locked`
    Locked(ResourceLocked),
    /// `resource.unlocked`
    Unlocked(ResourceUnlocked),
}

/// A resource was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceCreated {
    /// The owner.
    pub owner_id: String,
    /// The type, such as `currency`.
    pub resource_type: String,
    /// The initial amount.
    pub amount: i64,
    /// The maximum amount.
    pub max_amount: i64,
    /// Units that regenerate per second.
    #[serde(default)]
    pub regeneration_rate: f64,
    /// Data of the application.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The start of regeneration. `None` is the time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
}

/// An amount of a resource was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAllocated {
    /// The amount that was taken.
    pub amount: i64,
    /// The remaining amount.
    pub new_amount: i64,
    /// The amount that had regenerated before.
    #[serde(default)]
    pub regenerated: i64,
    /// The time up to which regeneration is included. `None` is the time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
    /// The regenerated part of a unit, in 10⁻¹⁸.
    #[serde(default)]
    pub regeneration_remainder: u64,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An amount was added to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAdded {
    /// The amount that was added.
    pub amount: i64,
    /// The requested amount. More than `amount` if the maximum was reached.
    #[serde(default)]
    pub requested: i64,
    /// The new amount.
    pub new_amount: i64,
    /// The amount that had regenerated before.
    #[serde(default)]
    pub regenerated: i64,
    /// The time up to which regeneration is included. `None` is the time of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
    /// The regenerated part of a unit, in 10⁻¹⁸.
    #[serde(default)]
    pub regeneration_remainder: u64,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A resource was locked for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLocked {
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time at which the lock ends.
    pub expiry: Timestamp,
}

/// A lock was removed before it expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceUnlocked {}

impl DomainEvent for ResourceEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created(_) => "resource.created",
            Self::Allocated(_) => "resource.allocated",
            Self::Added(_) => "resource.added",
            Self::Locked(_) => "resource.locked",
            Self::Unlocked(_) => "resource.unlocked",
        }
    }

    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        Some(match event_type {
            "resource.created" => serde_json::from_str(data).map(Self::Created),
            "resource.allocated" => serde_json::from_str(data).map(Self::Allocated),
            "resource.added" => serde_json::from_str(data).map(Self::Added),
            "resource.locked" => serde_json::from_str(data).map(Self::Locked),
            "resource.unlocked" => serde_json::from_str(data).map(Self::Unlocked),
            _ => return None,
        })
    }
}
