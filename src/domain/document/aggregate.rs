//! The aggregate of the domain `document`: its types, and how they fit together.

use serde_json::Value;
use serde_json::json;

use crate::aggregate::Aggregate;
use crate::aggregate::FoldError;
use crate::domain::document::command::DocumentCommand;
use crate::domain::document::decide;
use crate::domain::document::event::DocumentEvent;
use crate::domain::document::rejection::DocumentRejection;
use crate::domain::document::state::Document;
use crate::event::EventView;
use crate::event::Timestamp;

impl Aggregate for Document {
    const CATEGORY: &'static str = "document";
    const STATE_VERSION: u32 = 1;

    type Event = DocumentEvent;
    type Command = DocumentCommand;
    type Rejection = DocumentRejection;

    /// A patch that does not fit changes nothing. [`Aggregate::apply`] reports it.
    fn evolve(&mut self, event: &DocumentEvent, at: Timestamp) {
        let _ = self.change(event, at);
    }

    fn apply(&mut self, event: &DocumentEvent, recorded: &EventView<'_>) -> Result<(), FoldError> {
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

    /// Returns `Null` if the document does not exist or was deleted.
    fn show(&self, id: &str, version: u64, _at: Timestamp) -> Value {
        let Some(document) = &self.document else { return Value::Null };
        let mut document = Value::Object(document.clone());
        // In the canonical order of members.
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
