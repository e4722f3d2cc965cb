//! Why a store did not do what it was asked. Each kind has one exit code at the command line.

use std::error::Error;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::clock_refused::ClockRefused;

/// The cause of an error; shared, since one failure can answer many grouped appends.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// Another append came first, or the caller was wrong about the stream. Load again, decide again.
    #[error("conflict: stream {stream} is at version {actual}, expected {expected}")]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// What the caller expected.
        expected: ExpectedVersion,
        /// Where the stream is.
        actual: Version,
    },
    /// An event id was used before, and not for this very batch.
    #[error("conflict: event id {event_id} {reason}")]
    IdConflict {
        /// The id.
        event_id: Uuid,
        /// Used for what.
        reason: IdConflict,
    },
    /// The request itself cannot be: nothing was tried.
    #[error("{0}")]
    Invalid(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// There is no store at the place named; a write would make one.
    #[error("no event store at {0}")]
    NoStore(String),
    /// It cannot be done now; the same call may work later.
    #[error("{message}")]
    Unavailable {
        /// What was tried.
        message: String,
        /// What the database said.
        #[source]
        source: Option<Cause>,
    },
    /// The database does not let this user do it.
    #[error("{message}")]
    NotAllowed {
        /// What was tried.
        message: String,
        /// What the database said.
        #[source]
        source: Option<Cause>,
    },
    /// The store is damaged: what is there cannot be what was written.
    #[error("{message}")]
    Integrity {
        /// What is wrong, and where.
        message: String,
        /// What the database said.
        #[source]
        source: Option<Cause>,
    },
    /// The schema is not the one that this program makes: something that writes rely on is missing.
    #[error("{0}")]
    Schema(String),
    /// The store that this process has worked with is not the one that is there now.
    #[error("{0}")]
    Replaced(String),
    /// A read model was made from the events of another store, or of this one before it was put back from a backup.
    #[error(
        "the checkpoint of projection {projection} at position {position} is not of this store: {}",
        missing_at_checkpoint(*event_id)
    )]
    ForeignCheckpoint {
        /// The projection.
        projection: String,
        /// Where its read model stands.
        position: Position,
        /// The event that should be there; none: the checkpoint names no event.
        event_id: Option<Uuid>,
    },
    /// Not a store that this program can work with: of a newer esctl, or a database of another program.
    #[error("{0}")]
    Unsupported(String),
    /// The server, its database or a pooler before it does not give what a store needs.
    #[error("{message}")]
    Unsuitable {
        /// The part that does not.
        problem: ServerProblem,
        /// The place, and the reason.
        message: String,
    },
    /// The clock of this machine was refused. Nothing was appended.
    #[error(transparent)]
    ClockRefused(#[from] ClockRefused),
    /// A write was sent and nobody knows whether it was done. Repeating it with the same event ids is safe.
    #[error("{message}")]
    OutcomeUnknown {
        /// What was sent.
        message: String,
        /// What broke.
        #[source]
        source: Option<Cause>,
    },
    /// A mistake in this program.
    #[error("{0}")]
    Bug(String),
}

/// A reason why a store cannot be kept on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerProblem {
    /// The server is another product that speaks the protocol of the database.
    Product,
    /// The encoding of the database does not hold every text.
    Encoding,
    /// A pooler gives statements of one transaction to different connections, or loses settings.
    Pooler,
}

/// The event that an id was used for before.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdConflict {
    /// Another event.
    #[error("already used by a different event (stream {stream}, version {version}); {}", in_words(differs))]
    OtherEvent {
        /// The stream of the event known under the id.
        stream: String,
        /// Its version.
        version: Version,
        /// The fields that differ, in the order of [`EventField`]; never empty.
        differs: Vec<EventField>,
    },
    /// This event, but others of the same batch are not there.
    #[error("and {known} of the {of} events of this batch have been appended before, the others have not")]
    PartOfBatch {
        /// How many events of the batch are known.
        known: usize,
        /// How many events the batch has.
        of: usize,
    },
    /// All events of this batch are there, but not one after the other in this order.
    #[error("and the others of this batch have been appended before, but not in this order without others between them")]
    OtherOrder,
}

/// A field of an event that its content consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventField {
    /// The stream.
    Stream,
    /// The type.
    Type,
    /// The version of the schema of the data.
    SchemaVersion,
    /// The data.
    Data,
    /// The metadata.
    Metadata,
}

impl EventField {
    /// Returns its name, as in the JSON of an event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Type => "type",
            Self::SchemaVersion => "schema_version",
            Self::Data => "data",
            Self::Metadata => "metadata",
        }
    }
}

/// Returns the end of a message: "`data` differs", "`type` and `data` differ".
fn in_words(differs: &[EventField]) -> String {
    let names: Vec<String> = differs.iter().map(|field| format!("`{}`", field.name())).collect();
    match names.as_slice() {
        [] => "its content differs".to_owned(),
        [name] => format!("{name} differs"),
        [names @ .., last] => format!("{} and {last} differ", names.join(", ")),
    }
}

fn missing_at_checkpoint(event_id: Option<Uuid>) -> String {
    match event_id {
        Some(event_id) => format!("event {event_id} is not there"),
        None => "it names no event".to_owned(),
    }
}

impl StoreError {
    /// A store that is damaged, as found by this program itself.
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::Integrity { message: message.into(), source: None }
    }
}

/// A store in which nothing was written yet is empty: nothing is what it answers.
///
/// # Errors
/// As before, but for [`StoreError::NoStore`].
pub fn no_store_is_empty<T: Default>(answer: Result<T, StoreError>) -> Result<T, StoreError> {
    match answer {
        Err(StoreError::NoStore(_)) => Ok(T::default()),
        answer => answer,
    }
}
