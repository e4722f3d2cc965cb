//! The reasons why an event fails to apply.

use thiserror::Error;

use crate::jq::JqError;

/// The reason why an event failed to apply.
#[derive(Debug, Error)]
pub enum FoldError {
    /// The data does not have the form of the event's type.
    #[error("the data of a {event_type} event cannot be read")]
    Data {
        /// The type of the event.
        event_type: String,
        /// The reason.
        #[source]
        source: serde_json::Error,
    },
    /// A newer program recorded the event.
    #[error("a {event_type} event has schema version {schema_version}; this program supports up to {known}")]
    NewerSchema {
        /// The type of the event.
        event_type: String,
        /// The schema version of the event.
        schema_version: u32,
        /// The newest schema version that this program knows.
        known: u32,
    },
    /// An older program recorded the event, and an upcaster is missing.
    #[error("no upcaster for {event_type} events of schema version {from}")]
    NoUpcaster {
        /// The type of the event.
        event_type: String,
        /// The schema version without an upcaster.
        from: u32,
    },
    /// The event describes a change of a different state. The domain never decides such an event.
    #[error("a {event_type} event does not fit the state: {reason}")]
    Misfit {
        /// The type of the event.
        event_type: String,
        /// The difference.
        reason: String,
    },
    /// The event was copied from the store of another program, whose events are not those of the domain.
    #[error("a {event_type} event was copied from the store of another program; the domain {domain} does not fold it")]
    Copied {
        /// The type of the event.
        event_type: String,
        /// The category of the domain.
        domain: &'static str,
    },
    /// A row of a read model would be larger than a store keeps.
    #[error("its row would have {bytes} bytes, the maximum is {limit}")]
    RowTooLarge {
        /// The size of the row in bytes of JSON.
        bytes: usize,
        /// Maximum size of a row.
        limit: usize,
    },
    /// A jq program failed.
    #[error(transparent)]
    Program(#[from] JqError),
    /// A stored state could not be read or written, or a reducer failed.
    #[error("the reducer failed: {0}")]
    Reducer(String),
}

impl FoldError {
    /// Returns the error for data that cannot be read.
    pub fn data(event_type: &str, source: serde_json::Error) -> Self {
        Self::Data { event_type: event_type.to_owned(), source }
    }
}
