//! The errors of the runtime.

use thiserror::Error;

use crate::aggregate::DecideError;
use crate::aggregate::FoldError;
use crate::event::JsonError;
use crate::event::NameError;
use crate::event::Position;
use crate::event::Version;
use crate::store::StoreError;

/// An error of the runtime.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Data that is not JSON which every store can hold.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// An event failed to apply.
    #[error("failed to apply event {position} (stream {stream}, version {version})")]
    Fold {
        /// The stream of the event.
        stream: String,
        /// The version of the event.
        version: Version,
        /// The position of the event.
        position: Position,
        /// The cause.
        #[source]
        source: FoldError,
    },
    /// A state could not be serialized or restored.
    #[error("failed to serialize or restore a state")]
    State(#[source] FoldError),
    /// The command is unknown, malformed or rejected by a rule of the domain.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// Other clients have changed the stream in each attempt.
    #[error("gave up after {attempts} attempts: stream {stream} keeps being modified concurrently")]
    RetriesExhausted {
        /// The stream.
        stream: String,
        /// Number of attempts.
        attempts: u32,
        /// The last conflict.
        #[source]
        source: StoreError,
    },
    /// An idempotency key was used before, for another command.
    #[error("idempotency key \"{key}\" was used for another command on stream {stream}, at version {version}")]
    KeyReused {
        /// The key.
        key: String,
        /// The stream.
        stream: String,
        /// The version of the other command's event.
        version: Version,
    },
    /// A document does not fit the type that it is used as.
    #[error("document {id} {what}")]
    Document {
        /// The id of the document.
        id: String,
        /// The failed operation.
        what: &'static str,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The projection of a read model is part of an application.
    #[error("read model {0} is maintained by an application; this program does not have its projection")]
    MaintainedByApplication(String),
    /// A query, projection, snapshot or other item does not exist.
    #[error("{0}")]
    NotFound(String),
}
