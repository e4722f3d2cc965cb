//! Why something that was run did not come out.

use thiserror::Error;

use crate::aggregate::DecideError;
use crate::aggregate::FoldError;
use crate::event::JsonError;
use crate::event::NameError;
use crate::event::Position;
use crate::event::Version;
use crate::store::StoreError;

/// Why something that was run did not come out.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name was refused.
    #[error(transparent)]
    Name(#[from] NameError),
    /// What was to be recorded is no JSON that every store can hold.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// An event could not be folded in.
    #[error("event {position} (stream {stream}, version {version}) cannot be taken in")]
    Fold {
        /// The stream of the event.
        stream: String,
        /// Its version.
        version: Version,
        /// Its position.
        position: Position,
        /// What is wrong with it.
        #[source]
        source: FoldError,
    },
    /// A state could not be written or read.
    #[error("a state cannot be kept")]
    State(#[source] FoldError),
    /// The command led to no events, because it is unknown or a rule says no.
    #[error(transparent)]
    Decide(#[from] DecideError),
    /// Others were faster, again and again.
    #[error("gave up after {attempts} attempts: others keep changing stream {stream}")]
    RetriesExhausted {
        /// The stream.
        stream: String,
        /// How often it was tried.
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
        /// Where the event of the other command is.
        version: Version,
    },
    /// A document and the type it is used as do not go together.
    #[error("document {id} {what}")]
    Document {
        /// Which document.
        id: String,
        /// What cannot be done with it.
        what: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The projection of a read model is part of an application, not of this program.
    #[error("read model {0} is maintained by an application: this program does not have its projection")]
    MaintainedByApplication(String),
    /// There is no such query, projection, snapshot …
    #[error("{0}")]
    NotFound(String),
}
