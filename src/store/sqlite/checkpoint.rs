//! Checkpoints of the log of a database by the connection that writes.

use std::cell::Cell;
use std::ffi::c_int;

use rusqlite::Connection;
use rusqlite::Error;
use rusqlite::hooks::Wal;

/// The length of the log, in pages, from which a commit is followed by a checkpoint.
const LONG_LOG: c_int = 1000;

thread_local! {
    /// True if this thread has run a checkpoint since the last call of [`was_run`].
    static RUN: Cell<bool> = const { Cell::new(false) };
}

/// Sets up a connection to run checkpoints, which [`was_run`] reports. SQLite itself would run them unseen.
pub(crate) fn set_up(connection: &Connection) {
    connection.wal_hook(Some(after_commit));
}

/// Returns true if a connection of this thread has run a checkpoint since the last call, and so has written the database file.
pub(crate) fn was_run() -> bool {
    RUN.take()
}

fn after_commit(log: &Wal, pages: c_int) -> Result<(), Error> {
    if pages >= LONG_LOG {
        RUN.set(true);
        // The commit is done. A checkpoint that failed is run again after the next one.
        let _ = log.checkpoint();
    }
    Ok(())
}
