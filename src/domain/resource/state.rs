//! The state of a resource: what its events have made of it. Also the row of the read model, so its
//! fields are flat and named as in the server's schema.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::aggregate::Note;
use crate::domain::resource::command::ResourceCommand;
use crate::domain::resource::decide;
use crate::domain::resource::event::ResourceAdded;
use crate::domain::resource::event::ResourceEvent;
use crate::domain::resource::rejection::ResourceRejection;
use crate::domain::resource::schema;
use crate::event::Timestamp;

/// A resource as of its last event. [`Resource::regenerate`] and [`Resource::lock_at`] tell of a later moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Whose it is.
    pub owner_id: String,
    /// What it is.
    pub resource_type: String,
    /// How much there was at `last_regenerated`.
    pub amount: i64,
    /// How much there can be.
    pub max_amount: i64,
    /// When the last event was recorded.
    pub last_updated: Timestamp,
    /// Whether a lock was put on and not taken off; it may have run out since.
    pub is_locked: bool,
    /// Units that come back each second.
    pub regeneration_rate: f64,
    /// Up to which moment `amount` holds what has come back.
    pub last_regenerated: Timestamp,
    /// The part of a unit that has come back beyond `amount`, in 10⁻¹⁸.
    pub regeneration_remainder: u64,
    /// Why it was locked.
    pub lock_reason: Option<String>,
    /// From which moment on the lock counts as none.
    pub lock_expiry: Option<Timestamp>,
    /// When it was created; `None`: it was not.
    pub created_at: Option<Timestamp>,
    /// Whatever the application keeps with it.
    pub metadata: Map<String, Value>,
}

impl Resource {
    /// Whether it was created.
    pub fn exists(&self) -> bool {
        self.created_at.is_some()
    }

    /// When the lock runs out that holds at a moment; `None`: no lock does.
    pub fn lock_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.lock_expiry.filter(|expiry| *expiry > at)
    }

    /// Whether what it shows changes as time goes by, without another event.
    pub fn changes_with_time(&self) -> bool {
        self.is_locked || (self.regeneration_rate > 0.0 && self.amount < self.max_amount)
    }

    fn level(&mut self, amount: i64, last_regenerated: Timestamp, remainder: u64) {
        self.amount = amount;
        self.last_regenerated = last_regenerated;
        self.regeneration_remainder = remainder;
    }

    fn lock(&mut self, expiry: Option<Timestamp>, reason: Option<&str>) {
        self.is_locked = expiry.is_some();
        self.lock_expiry = expiry;
        self.lock_reason = reason.map(str::to_owned);
    }
}

impl Aggregate for Resource {
    const CATEGORY: &'static str = "resource";
    const STATE_VERSION: u32 = 1;

    type Event = ResourceEvent;
    type Command = ResourceCommand;
    type Rejection = ResourceRejection;

    fn note(event: &ResourceEvent) -> Option<Note> {
        match event {
            ResourceEvent::Added(ResourceAdded { amount, requested, .. }) if amount < requested => {
                let message = format!("added {amount} of {requested}: the maximum is reached");
                Some(Note { code: "capped", message })
            }
            _ => None,
        }
    }

    fn evolve(&mut self, event: &ResourceEvent, at: Timestamp) {
        match event {
            ResourceEvent::Created(created) => {
                self.owner_id.clone_from(&created.owner_id);
                self.resource_type.clone_from(&created.resource_type);
                self.max_amount = created.max_amount;
                self.regeneration_rate = created.regeneration_rate;
                self.metadata.clone_from(&created.metadata);
                self.created_at = Some(at);
                self.level(created.amount, created.last_regenerated.unwrap_or(at), 0);
            }
            ResourceEvent::Allocated(allocated) => {
                let last_regenerated = allocated.last_regenerated.unwrap_or(at);
                self.level(allocated.new_amount, last_regenerated, allocated.regeneration_remainder);
            }
            ResourceEvent::Added(added) => {
                self.level(added.new_amount, added.last_regenerated.unwrap_or(at), added.regeneration_remainder);
            }
            ResourceEvent::Locked(locked) => self.lock(Some(locked.expiry), locked.reason.as_deref()),
            ResourceEvent::Unlocked(_) => self.lock(None, None),
        }
        self.last_updated = at;
    }

    fn violations(&self) -> Vec<String> {
        if !self.exists() {
            return Vec::new();
        }
        let (amount, max, rate) = (self.amount, self.max_amount, self.regeneration_rate);
        let rules = [
            (amount < 0, format!("amount {amount} is negative")),
            (max <= 0, format!("max_amount {max} is not positive")),
            (amount > max, format!("amount {amount} is over max_amount {max}")),
            (!rate.is_finite() || rate < 0.0, format!("regeneration_rate {rate} is negative or not finite")),
        ];
        rules.into_iter().filter(|(broken, _)| *broken).map(|(_, rule)| rule).collect()
    }

    fn decide(&self, id: &str, command: &ResourceCommand, now: Timestamp) -> Result<Vec<ResourceEvent>, ResourceRejection> {
        decide::decide(self, id, command, now).map(|event| vec![event])
    }

    fn show(&self, id: &str, version: u64, at: Timestamp) -> Value {
        schema::server_schema(self, id, version, at)
    }
}
