//! Retries of a command after conflicts with other programs.

use std::time::Instant;

use crate::event::StreamName;
use crate::runtime::error::RuntimeError;
use crate::runtime::write_options::WriteOptions;
use crate::store::StoreError;

/// The conflicts of one command and the limits of its retries.
pub(super) struct Retries<'w> {
    stream: &'w StreamName,
    options: &'w WriteOptions,
    attempts: u32,
    since: Option<Instant>,
}

impl<'w> Retries<'w> {
    /// Starts before the first attempt.
    pub(super) fn new(stream: &'w StreamName, options: &'w WriteOptions) -> Self {
        Self { stream, options, attempts: 0, since: None }
    }

    /// Counts a conflict.
    ///
    /// # Errors
    /// [`RuntimeError::RetriesExhausted`] if a limit of the retries is reached.
    pub(super) fn count(&mut self, conflict: StoreError) -> Result<(), RuntimeError> {
        self.attempts += 1;
        let waited = self.since.get_or_insert_with(Instant::now).elapsed();
        let Self { stream, options, attempts, .. } = *self;
        if waited >= options.retry_for || options.retries.is_some_and(|retries| attempts > retries) {
            return Err(RuntimeError::RetriesExhausted { stream: stream.to_string(), attempts, source: conflict });
        }
        tracing::info!(%stream, attempts, %conflict, "retrying after a conflict");
        Ok(())
    }
}
