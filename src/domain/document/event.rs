//! The events of a document: its whole content at first, and then the changes.

use json_patch::Patch;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainEvent;

/// An event of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DocumentEvent {
    /// `document.created`
    Created(DocumentCreated),
    /// `document.updated`
    Updated(DocumentUpdated),
    /// `document.deleted`
    Deleted(DocumentDeleted),
}

/// A document was created, for the first time or after a deletion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentCreated {
    /// The content.
    pub document: Map<String, Value>,
}

/// A document was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentUpdated {
    /// The patch from the previous content (RFC 6902).
    pub patch: Patch,
}

/// A document was deleted. Its history remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentDeleted {}

impl DomainEvent for DocumentEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created(_) => "document.created",
            Self::Updated(_) => "document.updated",
            Self::Deleted(_) => "document.deleted",
        }
    }

    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        Some(match event_type {
            "document.created" => serde_json::from_str(data).map(Self::Created),
            "document.updated" => serde_json::from_str(data).map(Self::Updated),
            "document.deleted" => serde_json::from_str(data).map(Self::Deleted),
            _ => return None,
        })
    }
}
