//! The read model of a selftest: a row for each stream that shows if each event was applied once and in order.

use std::borrow::Cow;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::Fold;
use crate::aggregate::FoldError;
use crate::aggregate::FoldVersion;
use crate::aggregate::Projection;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::event::text_hash;

/// The name of the projection.
pub(crate) const NAME: &str = "selftest";

/// The events of a stream: their number, and a hash over their ids in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trail {
    pub(crate) events: u64,
    pub(crate) trail: String,
}

impl Trail {
    pub(crate) fn add(&mut self, event_id: Uuid) {
        self.events += 1;
        self.trail = text_hash(&format!("{}{event_id}", self.trail)).to_string();
    }
}

impl Fold for Trail {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: NAME.into(), version: 1 }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        self.add(event.event_id);
        Ok(())
    }

    fn save(&self) -> Result<String, FoldError> {
        serde_json::to_string(self).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        *self = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        serde_json::json!({ "events": self.events })
    }
}

/// A projection with a row for each stream.
pub(crate) struct Trails;

impl Projection for Trails {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn categories(&self) -> Vec<String> {
        Vec::new()
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.stream))
    }

    fn row(&self, _key: &str) -> Box<dyn Fold> {
        Box::new(Trail::default())
    }
}
