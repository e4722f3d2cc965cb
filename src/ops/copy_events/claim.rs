//! The claim of a copy on a target without events. Of two different copies that begin at once, at most one goes on.
//!
//! Each copy first stores a claim under a name of its own and then reads those of others, so at least the later one sees the other
//! and ends. A target with events needs no claim: its record names its copy.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::event::Position;
use crate::event::Timestamp;
use crate::ops::copy_events::copy_record::KIND;
use crate::ops::copy_events::copy_record::description;
use crate::ops::copy_events::copy_record::difference;
use crate::ops::copy_events::copy_record::is_of;
use crate::ops::copy_events::input::CopyEvents;
use crate::ops::error::OpsError;
use crate::runtime::Clock;
use crate::store::Record;
use crate::store::Store;
use crate::store::no_store_is_empty;

const PREFIX: &str = "claim-";
/// The age at which a claim is that of a copy that was killed.
const ENDED: Duration = Duration::from_secs(60);
/// The age at which a copy renews its claim.
const RENEWED: Duration = Duration::from_secs(20);

/// The claim of a copy.
pub(super) struct Claim {
    name: String,
    /// The description of the copy.
    copy: Value,
    clock: Clock,
    /// The time at which it was stored last.
    stored: Timestamp,
}

impl Claim {
    /// Claims a target.
    ///
    /// # Errors
    /// [`OpsError::Conflict`] when another copy has a claim, or when the target has events by now.
    pub(super) async fn on(target: &Store, input: &CopyEvents, clock: &Clock) -> Result<Self, OpsError> {
        let name = format!("{PREFIX}{}", Uuid::new_v4());
        let claim = Self { name, copy: description(input), clock: clock.clone(), stored: clock() };
        claim.store(target).await?;
        if let Err(error) = claim.check(target).await {
            claim.release(target).await;
            return Err(error);
        }
        Ok(claim)
    }

    /// Checks before a write that the copy may still begin the target: its record is that of the copy, and no other copy began.
    ///
    /// # Errors
    /// [`OpsError::Conflict`] when another copy began, since this one has waited too long.
    pub(super) async fn renew(&mut self, target: &Store, input: &CopyEvents) -> Result<(), OpsError> {
        let now = (self.clock)();
        if u128::from(now.micros_since(self.stored)) > RENEWED.as_micros() {
            self.stored = now;
            self.store(target).await?;
            self.check(target).await?;
        }
        if is_of(target, input).await? {
            return Ok(());
        }
        Err(OpsError::Conflict(format!("another copy into {} has begun; copy into another store", target.place())))
    }

    /// Removes the claim. One that stays, since the store is unavailable, has no effect after a minute.
    pub(super) async fn release(self, target: &Store) {
        let _ = target.delete_record(KIND, &self.name).await;
    }

    async fn store(&self, target: &Store) -> Result<(), OpsError> {
        let value = json!({ "at": self.stored, "copy": self.copy });
        Ok(target.put_record(Record::new(KIND, &self.name, &value)).await?)
    }

    async fn check(&self, target: &Store) -> Result<(), OpsError> {
        let now = (self.clock)();
        for record in no_store_is_empty(target.records(KIND).await)? {
            if !record.name.starts_with(PREFIX) || record.name == self.name {
                continue;
            }
            let other: Value = serde_json::from_str(&record.value).unwrap_or_default();
            if has_ended(&other, now) {
                target.delete_record(KIND, &record.name).await?;
                continue;
            }
            if let Some(differs) = difference(&other["copy"], &self.copy) {
                let place = target.place();
                return Err(OpsError::Conflict(format!(
                    "another copy into {place} is beginning: {differs}; copy into another store, or run the command again in a minute"
                )));
            }
        }
        let head = no_store_is_empty(target.head().await)?;
        if head.position > Position::ZERO {
            let place = target.place();
            return Err(OpsError::Conflict(format!("another copy into {place} has begun meanwhile; copy into another store")));
        }
        Ok(())
    }
}

/// Returns true for a claim that is too old, whatever the difference between clocks.
fn has_ended(claim: &Value, now: Timestamp) -> bool {
    let Ok(at) = serde_json::from_value::<Timestamp>(claim["at"].clone()) else { return true };
    let age = now.micros_since(at).max(at.micros_since(now));
    u128::from(age) > ENDED.as_micros()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::has_ended;
    use crate::event::Timestamp;

    #[test]
    fn a_claim_ends_after_a_minute_by_any_clock() {
        let now = Timestamp::from_micros(1_000_000_000).unwrap();
        let at = |seconds: u64| json!({ "at": Timestamp::from_micros(0).unwrap().plus(Duration::from_secs(seconds)) });
        for (seconds, ended) in [(1000, false), (941, false), (939, true), (1059, false), (1061, true)] {
            assert_eq!(has_ended(&at(seconds), now), ended, "{seconds}");
        }
        assert!(has_ended(&json!({ "at": "noon" }), now) && has_ended(&json!(null), now));
    }
}
