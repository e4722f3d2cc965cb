//! Errors of use cases.

use thiserror::Error;

use crate::aggregate::FoldError;
use crate::event::JsonError;
use crate::event::NameError;
use crate::event::Position;
use crate::event::Version;
use crate::runtime::RuntimeError;
use crate::store::StoreError;

/// An error of a use case.
#[derive(Debug, Error)]
pub enum OpsError {
    /// An error of the runtime or of a lower layer.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The requested thing does not exist.
    #[error("there is no {kind} \"{name}\"")]
    NotFound {
        /// The kind of thing: `stream`, `resource`, `snapshot`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// Similar names.
        candidates: Vec<String>,
    },
    /// The thing exists, but not at that version or moment.
    #[error("{message}")]
    NotThere {
        /// The kind of thing that is missing: `version`, `stream`, `position`, `snapshot`.
        kind: &'static str,
        /// The message, which names what exists instead.
        message: String,
    },
    /// A cursor is beyond the end of a stream or of the store, so its reader has seen events that do not exist.
    #[error("cursor {cursor} is beyond the end of {of}, which is at {end}{}", if *.replica { ": this server has not caught up yet" } else { "" })]
    CursorBeyondEnd {
        /// The stream, or the store.
        of: String,
        /// The last version or position that the reader has seen.
        cursor: u64,
        /// The version or position of the last event.
        end: u64,
        /// True if the server is a standby or a secondary, which may lag behind its primary.
        replica: bool,
    },
    /// A condition failed for an event.
    #[error("the condition cannot be evaluated for event {position} (stream {stream}, version {version})")]
    Condition {
        /// The stream of the event.
        stream: String,
        /// The version of the event.
        version: Version,
        /// The position of the event.
        position: Position,
        /// The reason.
        #[source]
        source: FoldError,
    },
    /// The domain of a stream cannot apply an event; nothing was written.
    #[error("event {number} ({event_type}) does not apply to stream {stream}: {reason}")]
    DoesNotApply {
        /// The number of the event in its batch, from 1.
        number: usize,
        /// The type of the event.
        event_type: String,
        /// The stream.
        stream: String,
        /// The reason.
        reason: String,
    },
    /// Existing data conflicts with the request; nothing was written.
    #[error("{0}")]
    Conflict(String),
    /// The request is not valid.
    #[error("{0}")]
    Invalid(String),
}

impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        Self::Runtime(error.into())
    }
}

impl From<NameError> for OpsError {
    fn from(error: NameError) -> Self {
        Self::Runtime(error.into())
    }
}

impl From<JsonError> for OpsError {
    fn from(error: JsonError) -> Self {
        Self::Runtime(error.into())
    }
}
