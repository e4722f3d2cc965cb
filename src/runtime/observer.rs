//! Who is told of what became of commands.

use std::time::Duration;

use crate::runtime::command_bus::CommandOutcome;
use crate::runtime::error::RuntimeError;
use crate::store::StoreError;

/// What an append of a command met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictReason {
    /// The stream was not where the client expected it.
    Version,
    /// An event id had been used before, with other content.
    Id,
    /// Somebody else was faster; it is decided again, or given up.
    Contention,
}

impl ConflictReason {
    /// Of a conflict, by whether the client had an expectation.
    pub(super) fn of(conflict: &StoreError, expected: bool) -> Self {
        match conflict {
            StoreError::IdConflict { .. } => Self::Id,
            _ if expected => Self::Version,
            _ => Self::Contention,
        }
    }
}

/// Is told of what became of commands. Called before a command is answered, so it must neither wait nor fail.
pub trait CommandObserver: Send + Sync {
    /// A command was answered; `command` is none where nobody knows one of that name.
    fn answered(&self, command: Option<&'static str>, outcome: &Result<CommandOutcome, RuntimeError>, took: Duration);

    /// An append of a command met a conflict.
    fn conflict(&self, reason: ConflictReason);
}
