//! The errors of a store. Each kind has one exit code at the command line.

use std::error::Error;
use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::clock_refused::ClockRefused;

/// The cause of an error. Shared, because one failure can answer many grouped appends.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// The error of a store operation.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// The stream was modified concurrently, or the caller expected a wrong version. Reload and retry.
    #[error("conflict: stream {stream} is at version {actual}, expected {expected}")]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// The expected version.
        expected: ExpectedVersion,
        /// The version of the stream.
        actual: Version,
    },
    /// An event id is in the store already, and the append is not a repetition of the earlier one.
    #[error("conflict: event id {event_id} {reason}")]
    IdConflict {
        /// The event id.
        event_id: Uuid,
        /// The earlier use of the id.
        reason: IdConflict,
    },
    /// The request is invalid. Nothing was tried.
    #[error("{0}")]
    Invalid(String),
    /// The named thing does not exist.
    #[error("{0}")]
    NotFound(String),
    /// There is no store at this location; a write would create one.
    #[error("no event store at {0}")]
    NoStore(String),
    /// The operation is impossible at the moment; the same call may work later.
    #[error("{message}")]
    Unavailable {
        /// The operation that was tried.
        message: String,
        /// The error of the database.
        #[source]
        source: Option<Cause>,
    },
    /// The database denies this user the operation.
    #[error("{message}")]
    NotAllowed {
        /// The operation that was tried.
        message: String,
        /// The error of the database.
        #[source]
        source: Option<Cause>,
    },
    /// The store is damaged: its content cannot be what was written.
    #[error("{message}")]
    Integrity {
        /// The damage and its location.
        message: String,
        /// The error of the database.
        #[source]
        source: Option<Cause>,
    },
    /// The database of another program is damaged, or holds a value that its driver cannot read.
    #[error("{message}")]
    ForeignDamaged {
        /// The damage and its location.
        message: String,
        /// The error of the database.
        #[source]
        source: Option<Cause>,
    },
    /// The store is read with a layout, and cannot be written.
    #[error("{0}")]
    ReadOnly(String),
    /// A part of the schema that writes rely on is missing or differs.
    #[error("{0}")]
    Schema(String),
    /// The store is not the one that this process has worked with.
    #[error("{0}")]
    Replaced(String),
    /// The read model was made from the events of another store, or of this store before a backup was restored.
    #[error(
        "the checkpoint of projection {projection} at position {position} belongs to another store: {}",
        missing_at_checkpoint(*event_id)
    )]
    ForeignCheckpoint {
        /// The projection.
        projection: String,
        /// The position of the checkpoint.
        position: Position,
        /// The event that is missing; `None` where the checkpoint names no event.
        event_id: Option<Uuid>,
    },
    /// The store belongs to a newer esctl, or this program lacks something that it needs.
    #[error("{0}")]
    Unsupported(String),
    /// The database belongs to another program.
    #[error("{message}")]
    OtherApplication {
        /// The location of the database.
        place: String,
        /// The location and the reason.
        message: String,
    },
    /// The server, its database or a pooler lacks something that a store needs.
    #[error("{message}")]
    Unsuitable {
        /// The kind of the obstacle.
        problem: ServerProblem,
        /// The location and the reason.
        message: String,
    },
    /// The clock of this machine was refused. Nothing was appended.
    #[error(transparent)]
    ClockRefused(#[from] ClockRefused),
    /// Outcome unknown: the write may or may not have been done. Repeating it with the same event ids is safe.
    #[error("{message}")]
    OutcomeUnknown {
        /// The write that was sent.
        message: String,
        /// The failure.
        #[source]
        source: Option<Cause>,
    },
    /// A mistake in this program.
    #[error("{0}")]
    Bug(String),
}

/// The reason why a server is unsuitable for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerProblem {
    /// The server is another product that speaks the protocol of the database.
    Product,
    /// The encoding of the database cannot represent every text.
    Encoding,
    /// A pooler sends statements of one transaction to different connections, or loses settings.
    Pooler,
}

/// The earlier use of an event id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdConflict {
    /// The id belongs to a different event.
    #[error("already used by a different event (stream {stream}, version {version}); {}", in_words(differs))]
    OtherEvent {
        /// The stream of the stored event.
        stream: String,
        /// The version of the stored event.
        version: Version,
        /// The fields that differ, in the order of [`EventField`]; never empty.
        differs: Vec<EventField>,
    },
    /// The event is in the store, but other events of the same batch are not.
    #[error("was appended before, but only {known} of the {of} events of this batch were")]
    PartOfBatch {
        /// The number of stored events of the batch.
        known: usize,
        /// The number of events of the batch.
        of: usize,
    },
    /// All events of the batch are in the store, but not consecutively in this order.
    #[error("was appended before with the other events of this batch, but not consecutively in this order")]
    OtherOrder,
}

/// A field of the content of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventField {
    /// The stream.
    Stream,
    /// The type.
    Type,
    /// The schema version of the data.
    SchemaVersion,
    /// The data.
    Data,
    /// The metadata.
    Metadata,
}

impl EventField {
    /// Returns the name of the field in the JSON of an event.
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
        Some(event_id) => format!("event {event_id} is missing here"),
        None => "it names no event".to_owned(),
    }
}

impl StoreError {
    /// Returns the error for a database of another program, which is no store of esctl.
    #[must_use]
    pub(crate) fn of_foreign(self) -> Self {
        match self {
            Self::Integrity { message, source } => Self::ForeignDamaged { message, source },
            other => other,
        }
    }

    /// Returns true for damage of a store or of a database of another program.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Integrity { .. } | Self::ForeignDamaged { .. })
    }

    /// Returns the error for damage that this program itself has found.
    pub fn integrity(message: impl Into<String>) -> Self {
        Self::Integrity { message: message.into(), source: None }
    }
}

/// Turns [`StoreError::NoStore`] into an empty answer; other answers pass unchanged.
pub fn no_store_is_empty<T: Default>(answer: Result<T, StoreError>) -> Result<T, StoreError> {
    match answer {
        Err(StoreError::NoStore(_)) => Ok(T::default()),
        answer => answer,
    }
}
