//! Observing the outcomes of commands.

use std::time::Duration;

use crate::runtime::error::RuntimeError;
use crate::runtime::outcome::CommandOutcome;
use crate::store::StoreError;

/// The reason of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictReason {
    /// The stream was not at the expected version.
    Version,
    /// An event id was used before, with other content.
    Id,
    /// The stream was modified concurrently. The command is decided again until its retries are exhausted.
    Contention,
}

impl ConflictReason {
    /// Returns the reason of a conflict. `expected` is set if the client expected a version.
    pub(super) fn of(conflict: &StoreError, expected: bool) -> Self {
        match conflict {
            StoreError::IdConflict { .. } => Self::Id,
            _ if expected => Self::Version,
            _ => Self::Contention,
        }
    }
}

/// Observes the outcomes of commands. Called before a command is answered, so it must neither block nor fail.
pub trait CommandObserver: Send + Sync {
    /// Called after a command. `command` is `None` for an unknown name.
    fn answered(&self, command: Option<&'static str>, outcome: &Result<CommandOutcome, RuntimeError>, took: Duration);

    /// Called after a conflict of a command's append.
    fn conflict(&self, reason: ConflictReason);
}
