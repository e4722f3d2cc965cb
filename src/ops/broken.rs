//! A stream that a report over many streams cannot read. It is reported, and the report continues.

use serde::Serialize;

use crate::event::Position;
use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::failure::Failure;
use crate::ops::failure::in_full;
use crate::runtime::RuntimeError;

/// A stream whose events failed to apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct BrokenStream {
    /// The stream.
    pub stream: String,
    /// The position of the event that failed to apply; none if events are missing.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub position: Option<Position>,
    /// The kind of failure, in stable `snake_case`.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub code: &'static str,
    /// The reason, in one sentence.
    pub message: String,
}

impl BrokenStream {
    /// Returns the same with a general message, for callers that may not see all of the event.
    #[must_use]
    pub fn without_details(self) -> Self {
        Self { message: "an event cannot be applied".into(), ..self }
    }

    /// Returns the stream that an error is about.
    ///
    /// # Errors
    /// The given error, if it is not about the events of one stream.
    pub(crate) fn of(stream: &StreamName, error: OpsError) -> Result<Self, OpsError> {
        let position = match &error {
            OpsError::Runtime(RuntimeError::Fold { position, .. }) => Some(*position),
            OpsError::Runtime(RuntimeError::Store(error)) if error.is_damage() => None,
            _ => return Err(error),
        };
        Ok(Self::with_error(stream, position, error))
    }

    /// Returns the stream and the error of its events.
    pub(crate) fn with_error(stream: &StreamName, position: Option<Position>, error: OpsError) -> Self {
        let message = in_full(&error);
        Self { stream: stream.to_string(), position, code: Failure::from(error).code, message }
    }
}
