//! The facts about a resource, with everything that rebuilding its state needs, so that no clock is asked.
//!
//! What a hand-written event may leave out (a scenario's `given`) has the default that changes nothing.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainEvent;
use crate::event::Timestamp;

/// What can happen to a resource.
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

/// A resource came into being.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceCreated {
    /// Whose it is.
    pub owner_id: String,
    /// What it is, for instance `currency`.
    pub resource_type: String,
    /// How much there is at first.
    pub amount: i64,
    /// How much there can be.
    pub max_amount: i64,
    /// Units that come back each second.
    #[serde(default)]
    pub regeneration_rate: f64,
    /// Whatever the application keeps with it.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The moment regeneration counts from; `None`: when the event was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
}

/// Some of a resource was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAllocated {
    /// How much was taken.
    pub amount: i64,
    /// How much there is now.
    pub new_amount: i64,
    /// How much had come back before.
    #[serde(default)]
    pub regenerated: i64,
    /// Up to which moment that is; `None`: when the event was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
    /// The part of a unit that had come back, in 10⁻¹⁸.
    #[serde(default)]
    pub regeneration_remainder: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Some of a resource was put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceAdded {
    /// How much was really added.
    pub amount: i64,
    /// How much was to be added; more than `amount` when the maximum was in the way.
    #[serde(default)]
    pub requested: i64,
    /// How much there is now.
    pub new_amount: i64,
    /// How much had come back before.
    #[serde(default)]
    pub regenerated: i64,
    /// Up to which moment that is; `None`: when the event was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_regenerated: Option<Timestamp>,
    /// The part of a unit that had come back, in 10⁻¹⁸.
    #[serde(default)]
    pub regeneration_remainder: u64,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A resource was locked for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLocked {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From this moment on the lock counts as none.
    pub expiry: Timestamp,
}

/// A lock was taken off before it ran out.
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
