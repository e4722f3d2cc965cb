//! The state of a document, and the client of its last change. It is also the row of the read model, so its fields are
//! flat and named as they are shown.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::FoldError;
use crate::domain::document::event::DocumentEvent;
use crate::domain::document::patch;
use crate::event::Timestamp;

/// A document after its last event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The content; `None` if it was never created or was deleted.
    pub document: Option<Map<String, Value>>,
    /// The time of the last event.
    pub last_updated: Timestamp,
    /// The client of the last change, if known.
    pub client_id: Option<String>,
    /// The time of the last creation; `None` if it was never created.
    pub created_at: Option<Timestamp>,
}

impl Document {
    /// Returns true if the document was deleted.
    pub fn is_deleted(&self) -> bool {
        self.document.is_none() && self.created_at.is_some()
    }

    pub(super) fn change(&mut self, event: &DocumentEvent, at: Timestamp) -> Result<(), FoldError> {
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
