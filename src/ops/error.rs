//! Why a use case did not come out.

use thiserror::Error;

use crate::aggregate::FoldError;
use crate::event::JsonError;
use crate::event::NameError;
use crate::event::Position;
use crate::event::Version;
use crate::runtime::RuntimeError;
use crate::store::StoreError;

/// Why a use case did not come out.
#[derive(Debug, Error)]
pub enum OpsError {
    /// What was run says no.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// There is no such thing.
    #[error("there is no {kind} \"{name}\"")]
    NotFound {
        /// What kind of thing: `stream`, `resource`, `snapshot`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What was perhaps meant.
        candidates: Vec<String>,
    },
    /// There is such a thing, but not there: a stream not up to that version, or not yet at that moment.
    #[error("{message}")]
    NotThere {
        /// What kind of thing is missing: `version`, `stream`, `position`, `snapshot`.
        kind: &'static str,
        /// One sentence that names what there is instead.
        message: String,
    },
    /// A reader's cursor is beyond the end of a stream or of the store, so the reader has seen events that are not there.
    #[error("cursor {cursor} is beyond the end of {of}, which is at {end}{}", if *.replica { ": this server has not caught up yet" } else { "" })]
    CursorBeyondEnd {
        /// The stream, or the store.
        of: String,
        /// The version or position that the reader has seen last.
        cursor: u64,
        /// The version or position of the last event.
        end: u64,
        /// Whether the server is a standby or a secondary, which may lag behind its primary.
        replica: bool,
    },
    /// Whether a condition holds cannot be told.
    #[error("whether the condition holds cannot be told of event {position} (stream {stream}, version {version})")]
    Condition {
        /// The stream of the event.
        stream: String,
        /// Its version.
        version: Version,
        /// Its position.
        position: Position,
        /// Why not.
        #[source]
        source: FoldError,
    },
    /// An event cannot be applied by the domain of its stream; nothing was written.
    #[error("event {number} ({event_type}) does not apply to stream {stream}: {reason}")]
    DoesNotApply {
        /// Its place among those that were to be appended, from 1.
        number: usize,
        /// The type of the event.
        event_type: String,
        /// The stream.
        stream: String,
        /// Why not.
        reason: String,
    },
    /// What is there already does not go together with what was asked for; nothing was written.
    #[error("{0}")]
    Conflict(String),
    /// The request itself cannot be.
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
