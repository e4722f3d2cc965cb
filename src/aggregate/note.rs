//! What the sender of a command must know about an event, beyond that it was recorded.

use serde::Serialize;
use utoipa::ToSchema;

/// A note on an event that a command led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Note {
    /// The kind of note, in stable `snake_case`.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}
