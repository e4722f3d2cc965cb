//! Notes for the sender of a command about its events.

use serde::Serialize;

/// A note on an event that a command led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Note {
    /// The kind of note, in stable `snake_case`.
    pub code: &'static str,
    /// The note, in one sentence.
    pub message: String,
}
