//! The state of a document: what its events have made of it, and who made the last change. Also the row of
//! the read model, so its fields are flat and named as they are shown.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::aggregate::Aggregate;
use crate::aggregate::FoldError;
use crate::domain::document::command::DocumentCommand;
use crate::domain::document::decide;
use crate::domain::document::event::DocumentEvent;
use crate::domain::document::patch;
use crate::domain::document::rejection::DocumentRejection;
use crate::event::EventView;
use crate::event::Timestamp;

/// A document as of its last event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What it holds; `None`: it was never created, or it was deleted.
    pub document: Option<Map<String, Value>>,
    /// When the last event was recorded.
    pub last_updated: Timestamp,
    /// Who asked for the last change, where that is known.
    pub client_id: Option<String>,
    /// When it was created, the last time; `None`: never.
    pub created_at: Option<Timestamp>,
}

impl Document {
    /// Whether it was there and is no longer.
    pub fn is_deleted(&self) -> bool {
        self.document.is_none() && self.created_at.is_some()
    }

    fn change(&mut self, event: &DocumentEvent, at: Timestamp) -> Result<(), FoldError> {
        match event {
            DocumentEvent::Created(created) => {
                self.document = Some(created.document.clone());
                self.created_at = Some(at);
            }
            DocumentEvent::Updated(updated) => {
                let misfit = |reason| FoldError::Misfit { event_type: "document.updated".to_owned(), reason };
                let before = self.document.as_ref().ok_or_else(|| misfit("there is no document".to_owned()))?;
                let after = patch::apply(before, &updated.patch).map_err(|error| misfit(error.to_string()))?;
                self.document = Some(after);
            }
            DocumentEvent::Deleted(_) => self.document = None,
        }
        self.last_updated = at;
        Ok(())
    }
}

impl Aggregate for Document {
    const CATEGORY: &'static str = "document";
    const STATE_VERSION: u32 = 1;

    type Event = DocumentEvent;
    type Command = DocumentCommand;
    type Rejection = DocumentRejection;

    /// A patch that does not fit changes nothing; [`Aggregate::take_in`] says so.
    fn evolve(&mut self, event: &DocumentEvent, at: Timestamp) {
        let _ = self.change(event, at);
    }

    fn take_in(&mut self, event: &DocumentEvent, recorded: &EventView<'_>) -> Result<(), FoldError> {
        self.change(event, recorded.recorded_at)?;
        self.client_id = recorded.client_id();
        Ok(())
    }

    fn violations(&self) -> Vec<String> {
        let never_created = self.document.is_some() && self.created_at.is_none();
        never_created.then(|| "the document has content and was never created".to_owned()).into_iter().collect()
    }

    fn decide(&self, id: &str, command: &DocumentCommand, _now: Timestamp) -> Result<Vec<DocumentEvent>, DocumentRejection> {
        decide::decide(self, id, command).map(|event| event.into_iter().collect())
    }

    /// `Null` where there is no document, or no longer.
    fn show(&self, id: &str, version: u64, _at: Timestamp) -> Value {
        let Some(document) = &self.document else { return Value::Null };
        let mut document = Value::Object(document.clone());
        // In the order of what is recorded, whatever way the members came in.
        document.sort_all_objects();
        json!({
            "id": id,
            "version": version,
            "document": document,
            "last_updated": self.last_updated,
            "client_id": self.client_id,
        })
    }
}
