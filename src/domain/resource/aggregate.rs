//! The aggregate of the domain `resource`: its types, and how they fit together.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::aggregate::Note;
use crate::domain::resource::command::ResourceCommand;
use crate::domain::resource::decide;
use crate::domain::resource::event::ResourceAdded;
use crate::domain::resource::event::ResourceEvent;
use crate::domain::resource::rejection::ResourceRejection;
use crate::domain::resource::schema;
use crate::domain::resource::state::Resource;
use crate::event::Timestamp;

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
