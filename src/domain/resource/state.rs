//! The state of a resource. It is also the row of the read model, so its fields are flat and named as in the server's
//! schema.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::event::Timestamp;

/// A resource after its last event. [`Resource::regenerate`] and [`Resource::lock_at`] return its state at a later
/// time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The owner.
    pub owner_id: String,
    /// The type.
    pub resource_type: String,
    /// The amount at `last_regenerated`.
    pub amount: i64,
    /// The maximum amount.
    pub max_amount: i64,
    /// The time of the last event.
    pub last_updated: Timestamp,
    /// True if the resource was locked and not unlocked. The lock may have expired.
    pub is_locked: bool,
    /// Units that regenerate per second.
    pub regeneration_rate: f64,
    /// The time up to which `amount` includes regeneration.
    pub last_regenerated: Timestamp,
    /// The regenerated part of a unit beyond `amount`, in 10⁻¹⁸.
    pub regeneration_remainder: u64,
    /// The reason of the lock.
    pub lock_reason: Option<String>,
    /// The time at which the lock ends.
    pub lock_expiry: Option<Timestamp>,
    /// The time of creation; `None` if it was never created.
    pub created_at: Option<Timestamp>,
    /// Data of the application.
    pub metadata: Map<String, Value>,
}

impl Resource {
    /// Returns true if the resource was created.
    pub fn exists(&self) -> bool {
        self.created_at.is_some()
    }

    /// Returns the end of the lock that is in force at a time; `None` if there is no lock.
    pub fn lock_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.lock_expiry.filter(|expiry| *expiry > at)
    }

    /// Returns true if the shown state changes with time, without another event.
    pub fn changes_with_time(&self) -> bool {
        self.is_locked || (self.regeneration_rate > 0.0 && self.amount < self.max_amount)
    }

    pub(super) fn level(&mut self, amount: i64, last_regenerated: Timestamp, remainder: u64) {
        self.amount = amount;
        self.last_regenerated = last_regenerated;
        self.regeneration_remainder = remainder;
    }

    pub(super) fn lock(&mut self, expiry: Option<Timestamp>, reason: Option<&str>) {
        self.is_locked = expiry.is_some();
        self.lock_expiry = expiry;
        self.lock_reason = reason.map(str::to_owned);
    }
}
