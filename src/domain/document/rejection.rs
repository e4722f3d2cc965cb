//! The rejections of a document: a stable code, a message with the values, and the values.

use serde_json::Value;

use crate::aggregate::Rejection;
use crate::domain::document::patch::DocumentMisfit;
use crate::domain::document::patch::MAX_DOCUMENT_BYTES;
use crate::domain::document::patch::PatchError;
use crate::event::Timestamp;

/// The reason why a command is rejected.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are the values in the message of each variant")]
pub enum DocumentRejection {
    /// `document_exists`
    Exists { id: String },
    /// `document_not_found`: it was never created
    NotFound { id: String },
    /// `document_not_found`: it was deleted
    Deleted { id: String, at: Timestamp, by: Option<String> },
    /// `document_too_large`
    TooLarge { id: String, bytes: usize },
    /// `patch_test_failed`, `patch_does_not_fit`, `document_too_deep`, `document_not_an_object`
    Patch { id: String, error: PatchError },
    /// `path_does_not_fit`, `not_a_number`, `number_out_of_range`, `document_too_deep`, `document_not_an_object`
    Set { id: String, path: String, misfit: DocumentMisfit },
}

impl From<DocumentRejection> for Rejection {
    fn from(rejection: DocumentRejection) -> Self {
        use DocumentRejection as R;
        match rejection {
            R::Exists { id } => Self::new("document_exists", format!("document {id} exists already")).with("id", id),
            R::NotFound { id } => Self::new("document_not_found", format!("there is no document {id}")).with("id", id),
            R::Deleted { id, at, by } => {
                let who = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
                let rejection = Self::new("document_not_found", format!("document {id} was deleted at {at}{who}")).with("id", id);
                rejection.with("deleted_at", at.to_string()).with("deleted_by", by.map_or(Value::Null, Value::String))
            }
            R::TooLarge { id, bytes } => {
                let message = format!("document {id} would have {bytes} bytes; the maximum is {MAX_DOCUMENT_BYTES}");
                let rejection = Self::new("document_too_large", message).with("id", id);
                rejection.with("bytes", bytes).with("limit", MAX_DOCUMENT_BYTES)
            }
            R::Patch { id, error } => {
                let message = format!("document {id} unchanged: {error}");
                let rejection = Self::new(code(&error.misfit, "patch_does_not_fit"), message).with("id", id);
                rejection.with("operation", error.operation).with("op", error.op).with("path", error.path)
            }
            R::Set { id, path, misfit } => {
                let message = format!("document {id} unchanged: failed to set {path:?}: {misfit}");
                Self::new(code(&misfit, "path_does_not_fit"), message).with("id", id).with("path", path)
            }
        }
    }
}

fn code(misfit: &DocumentMisfit, otherwise: &'static str) -> &'static str {
    match misfit {
        DocumentMisfit::TestFailed { .. } => "patch_test_failed",
        DocumentMisfit::TooDeep => "document_too_deep",
        DocumentMisfit::NoObject { .. } => "document_not_an_object",
        DocumentMisfit::NotANumber { .. } => "not_a_number",
        DocumentMisfit::SumOutOfRange { .. } => "number_out_of_range",
        DocumentMisfit::NoPlace
        | DocumentMisfit::NothingFrom { .. }
        | DocumentMisfit::IntoItself
        | DocumentMisfit::MovesTooMuch => otherwise,
    }
}
