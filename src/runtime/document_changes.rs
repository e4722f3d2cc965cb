//! The changes of a document after a version: its audit trail, and the changes that a client has missed.

use json_patch::Patch;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::DomainEvent;
use crate::aggregate::FoldError;
use crate::aggregate::decode_data;
use crate::domain::document::DocumentEvent;
use crate::domain::document::PatchError;
use crate::domain::document::apply;
use crate::domain::document::transition;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::error::RuntimeError;
use crate::store::ReadQuery;
use crate::store::Scan;
use crate::store::Store;

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentChange {
    /// The version of the document after the change.
    pub version: Version,
    /// The position in the store.
    pub position: Position,
    /// The time at which the change was recorded.
    pub recorded_at: Timestamp,
    /// The type of the event: `document.created`, `document.updated` or `document.deleted`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The client, if known.
    pub client_id: Option<String>,
    /// The patch from the previous version (RFC 6902). A creation or deletion replaces the whole document. A document
    /// that does not exist is null.
    pub patch: Patch,
    /// The content of a created document. A copy of an earlier document starts over with it.
    pub document: Option<Map<String, Value>>,
    /// The id of the event.
    pub event_id: Uuid,
    /// True for a quarantined event, which changes nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

impl DocumentChange {
    /// Applies this change to a copy of the document. `None` is a document that does not exist.
    ///
    /// # Errors
    /// [`PatchError`] if the copy is not of the previous version.
    pub fn apply(&self, copy: Option<Map<String, Value>>) -> Result<Option<Map<String, Value>>, PatchError> {
        match (&self.document, copy) {
            (Some(document), _) => Ok(Some(document.clone())),
            (None, Some(_)) if self.event_type == "document.deleted" => Ok(None),
            (None, Some(copy)) => apply(&copy, &self.patch).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Reads the changes of a document in chunks, so memory does not grow with their number.
pub struct DocumentChanges {
    scan: Scan,
}

impl DocumentChanges {
    /// Starts after a version of the document's stream; 0 starts with the first change.
    pub fn open(store: &Store, stream: &StreamName, after: Version) -> Self {
        Self { scan: store.scan(ReadQuery::stream(stream.clone()).from(after.next().0)) }
    }

    /// Returns the next changes; `None` after the last one.
    ///
    /// # Errors
    /// [`RuntimeError::Fold`] if an event is unreadable.
    pub async fn next(&mut self) -> Result<Option<Vec<DocumentChange>>, RuntimeError> {
        let Some(chunk) = self.scan.next().await? else { return Ok(None) };
        let changes = chunk.iter().map(|event| {
            change(&event).map_err(|source| RuntimeError::Fold {
                stream: event.stream.to_owned(),
                version: event.version,
                position: event.position,
                source,
            })
        });
        changes.collect::<Result<_, _>>().map(Some)
    }
}

fn change(event: &EventView<'_>) -> Result<DocumentChange, FoldError> {
    let event_type = event.event_type;
    let mut change = DocumentChange {
        version: event.version,
        position: event.position,
        recorded_at: event.recorded_at,
        event_type: event_type.to_owned(),
        client_id: event.client_id(),
        patch: Patch::default(),
        document: None,
        event_id: event.event_id,
        quarantined: event.quarantined,
    };
    if event.quarantined {
        return Ok(change);
    }
    // An event of an unknown type changes nothing, as in the fold.
    if DocumentEvent::from_data(event_type, "null").is_none() {
        return Ok(change);
    }
    let today = DocumentEvent::schema_version(event_type);
    let data = decode_data(event_type, event.schema_version, event.data, today, DocumentEvent::upcasters())?;
    let typed = DocumentEvent::from_data(event_type, &data).transpose().map_err(|error| FoldError::data(event_type, error))?;
    match typed {
        Some(DocumentEvent::Created(created)) => {
            change.patch = transition(None, Some(&created.document));
            change.document = Some(created.document);
        }
        Some(DocumentEvent::Updated(updated)) => change.patch = updated.patch,
        Some(DocumentEvent::Deleted(_)) => change.patch = transition(Some(&Map::new()), None),
        None => {}
    }
    Ok(change)
}
