//! The note on a copy that ends early.

use crate::cli::output::Output;

/// Prints how to continue when a copy ends early, also after a signal.
pub(super) struct CopyInterruption<'a> {
    pub(super) out: &'a Output,
    /// True once events were written that a repeat of the command continues after.
    pub(super) written: bool,
}

impl Drop for CopyInterruption<'_> {
    fn drop(&mut self) {
        if self.written {
            self.out.note("the events copied so far stay; run the same command again to continue");
        }
    }
}
