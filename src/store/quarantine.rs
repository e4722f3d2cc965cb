//! The set of quarantined events, which every fold leaves out.
//!
//! A reserved stream has one event for each quarantine and each release. The set as of now also counts for folds of earlier
//! moments.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::event::EventView;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::category_of;
use crate::store::error::StoreError;

/// The reserved stream of quarantines and releases.
pub const QUARANTINE_STREAM: &str = "$quarantine";
/// The type of the event that quarantines another one.
pub const QUARANTINE_ADDED: &str = "quarantine.added";
/// The type of the event that releases another one.
pub const QUARANTINE_RELEASED: &str = "quarantine.released";

/// The data of a `quarantine.added` or `quarantine.released` event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRecord {
    /// The id of the event.
    pub event_id: Uuid,
    /// The stream of the event.
    pub stream: String,
    /// The version of the event.
    pub version: Version,
    /// The position of the event.
    pub position: Position,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The reason that the operator gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A quarantined event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The event and the reason.
    #[serde(flatten)]
    pub event: QuarantineRecord,
    /// The time of the quarantine.
    pub since: Timestamp,
    /// The client that quarantined the event.
    pub by: Option<String>,
}

/// The quarantined events of a store, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// The version of the reserved stream that this set is made of.
    pub(crate) version: Version,
    events: BTreeMap<Uuid, Quarantined>,
    /// The streams with an event that is or was quarantined.
    streams: BTreeSet<String>,
}

impl Quarantine {
    /// Returns true where no event is quarantined.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns the number of quarantined events.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns true for a quarantined event.
    pub fn contains(&self, event_id: Uuid) -> bool {
        self.events.contains_key(&event_id)
    }

    /// Returns a quarantined event.
    pub fn get(&self, event_id: Uuid) -> Option<&Quarantined> {
        self.events.get(&event_id)
    }

    /// Iterates over the quarantined events, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Quarantined> {
        self.events.values()
    }

    /// Returns the ids of the quarantined events of a stream up to a version, in ascending order.
    pub fn of_stream(&self, stream: &str, up_to: Version) -> Vec<Uuid> {
        let of_it = self.events.values().filter(|it| it.event.stream == stream && it.event.version <= up_to);
        of_it.map(|it| it.event.event_id).collect()
    }

    /// Returns the number of quarantined events of a category up to a position.
    pub fn of_category(&self, category: &str, up_to: Position) -> usize {
        let of_it = |it: &&Quarantined| category_of(&it.event.stream) == category && it.event.position <= up_to;
        self.events.values().filter(of_it).count()
    }

    /// Returns true for a stream with an event that is or was quarantined.
    pub fn has_concerned(&self, stream: &str) -> bool {
        self.streams.contains(stream)
    }

    /// Returns the version of the reserved stream, after which the next quarantine or release is appended.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Applies the next event of the reserved stream.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the event cannot be one that esctl wrote.
    pub(crate) fn apply(&mut self, event: &EventView<'_>) -> Result<(), StoreError> {
        let damaged = |_| {
            let message = format!("event {} of the reserved stream {QUARANTINE_STREAM} cannot be read", event.version);
            StoreError::integrity(message)
        };
        match event.event_type {
            QUARANTINE_ADDED => {
                let record: QuarantineRecord = serde_json::from_str(event.data).map_err(damaged)?;
                let quarantined = Quarantined { since: event.recorded_at, by: event.client_id(), event: record };
                self.streams.insert(quarantined.event.stream.clone());
                self.events.insert(quarantined.event.event_id, quarantined);
            }
            QUARANTINE_RELEASED => {
                let record: QuarantineRecord = serde_json::from_str(event.data).map_err(damaged)?;
                self.events.remove(&record.event_id);
            }
            // An event of a newer program: it changes nothing here.
            _ => {}
        }
        self.version = event.version;
        Ok(())
    }
}
