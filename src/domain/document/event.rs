//! The facts about a document: the whole of it at first, then only what changed.

use json_patch::Patch;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::DomainEvent;

/// What can happen to a document.
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

/// A document came into being, for the first time or again after it was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentCreated {
    /// All of it.
    pub document: Map<String, Value>,
}

/// Something in a document changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentUpdated {
    /// What makes the document after it of the one before (RFC 6902).
    pub patch: Patch,
}

/// A document was deleted; its history stays.
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
