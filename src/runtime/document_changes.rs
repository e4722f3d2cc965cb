//! What happened to a document after a version: its audit trail, and what a client's copy has missed.

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
    /// The version the document has with it.
    pub version: Version,
    /// Its place in the store.
    pub position: Position,
    /// When.
    pub recorded_at: Timestamp,
    /// What happened: `document.created`, `document.updated`, `document.deleted`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who.
    pub client_id: Option<String>,
    /// What makes the document of the one before (RFC 6902). A document that was created or deleted is replaced as
    /// a whole: where there is none, it is null.
    pub patch: Patch,
    /// What the document was created as: from here on a copy of an earlier one starts anew.
    pub document: Option<Map<String, Value>>,
    /// The id of its event.
    pub event_id: Uuid,
    /// True for a quarantined event, which changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

impl DocumentChange {
    /// A copy with this change in it; `None`: there is no document.
    ///
    /// # Errors
    /// When the copy is not of the version before.
    pub fn apply(&self, copy: Option<Map<String, Value>>) -> Result<Option<Map<String, Value>>, PatchError> {
        match (&self.document, copy) {
            (Some(document), _) => Ok(Some(document.clone())),
            (None, Some(_)) if self.event_type == "document.deleted" => Ok(None),
            (None, Some(copy)) => apply(&copy, &self.patch).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Reads the changes of one document, in chunks: memory stays flat.
pub struct DocumentChanges {
    scan: Scan,
}

impl DocumentChanges {
    /// Begins after a version of the document's stream; 0: with the first change.
    pub fn open(store: &Store, stream: &StreamName, after: Version) -> Self {
        Self { scan: store.scan(ReadQuery::stream(stream.clone()).from(after.next().0)) }
    }

    /// The next changes; none after the last.
    ///
    /// # Errors
    /// As the store says, or [`RuntimeError::Fold`] when an event cannot be read.
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
    // An event of a type this program does not know changes nothing here, as in the fold.
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
