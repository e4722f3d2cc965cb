//! The rules of a document: a state and a command lead to an event, to nothing if nothing changes, or to a rejection.

use serde_json::Map;
use serde_json::Value;

use crate::domain::document::command::DocumentCommand;
use crate::domain::document::event::DocumentCreated;
use crate::domain::document::event::DocumentDeleted;
use crate::domain::document::event::DocumentEvent;
use crate::domain::document::event::DocumentUpdated;
use crate::domain::document::patch;
use crate::domain::document::patch::MAX_DOCUMENT_BYTES;
use crate::domain::document::patch::bytes_of;
use crate::domain::document::rejection::DocumentRejection;
use crate::domain::document::set::assign;
use crate::domain::document::state::Document;

/// Decides a command on a state.
pub(super) fn decide(state: &Document, id: &str, command: &DocumentCommand) -> Result<Option<DocumentEvent>, DocumentRejection> {
    let id = || id.to_owned();
    let Some(before) = &state.document else {
        return match command {
            DocumentCommand::Create(document) => Ok(Some(DocumentEvent::Created(DocumentCreated { document: document.clone() }))),
            _ if state.is_deleted() => {
                Err(DocumentRejection::Deleted { id: id(), at: state.last_updated, by: state.client_id.clone() })
            }
            _ => Err(DocumentRejection::NotFound { id: id() }),
        };
    };
    let after = match command {
        DocumentCommand::Create(_) => return Err(DocumentRejection::Exists { id: id() }),
        DocumentCommand::Delete => return Ok(Some(DocumentEvent::Deleted(DocumentDeleted {}))),
        DocumentCommand::Replace(document) => document.clone(),
        DocumentCommand::Merge(merge) => merged(before, merge),
        DocumentCommand::Patch(patch) => {
            patch::apply(before, patch).map_err(|error| DocumentRejection::Patch { id: id(), error })?
        }
        DocumentCommand::Set(assignments) => assign(before, assignments)
            .map_err(|(assignment, misfit)| DocumentRejection::Set { id: id(), path: assignment.path.to_string(), misfit })?,
    };
    let bytes = bytes_of(&after);
    // A larger document, from a store with other limits, may become smaller.
    if bytes > MAX_DOCUMENT_BYTES && bytes > bytes_of(before) {
        return Err(DocumentRejection::TooLarge { id: id(), bytes });
    }
    let patch = patch::diff(before, &after);
    Ok((!patch.is_empty()).then_some(DocumentEvent::Updated(DocumentUpdated { patch })))
}

fn merged(before: &Map<String, Value>, merge: &Map<String, Value>) -> Map<String, Value> {
    let mut after = Value::Object(before.clone());
    json_patch::merge(&mut after, &Value::Object(merge.clone()));
    match after {
        Value::Object(after) => after,
        // An object merged into an object is an object.
        _ => before.clone(),
    }
}
