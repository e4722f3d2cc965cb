//! The reason why a clock was refused.

use std::fmt;

use thiserror::Error;

use crate::event::Timestamp;

/// The reference that a clock is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockReference {
    /// The clock of the database server.
    Server,
    /// The last event of an embedded store.
    LastEvent,
    /// The time that passed since the process found the clock right.
    PassedTime,
}

impl fmt::Display for ClockReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "the clock of the server says",
            Self::LastEvent => "the last event of the store was recorded at",
            Self::PassedTime => "by the time that passed since the process started it should say",
        })
    }
}

/// The reason why the clock of this machine was refused. Nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClockRefused {
    /// The clock is out of range.
    #[error("the clock of this machine says {clock}; supported range: 1970-01-01T00:00:00Z to before {end}")]
    OutOfRange {
        /// The reading of the clock.
        clock: String,
        /// The end of the range.
        end: Timestamp,
    },
    /// The clock contradicts its reference.
    #[error("the clock of this machine says {clock}, {reference} {time}; the limit is {limit}")]
    Differs {
        /// The reading of the clock.
        clock: Timestamp,
        /// The reference that it was compared with.
        reference: ClockReference,
        /// The time of the reference.
        time: Timestamp,
        /// The largest difference that is accepted.
        limit: &'static str,
    },
    /// The last event leaves no later time.
    #[error("the last event of the store was recorded at {last}, and no later time can be recorded")]
    NoTimeLeft {
        /// The time of the last event.
        last: Timestamp,
    },
}
