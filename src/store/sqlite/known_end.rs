//! The end of the store and of its streams, as this connection left them.
//!
//! While no other connection writes, an append needs to read neither. The counter of SQLite for commits of other connections tells.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::event::StreamName;
use crate::event::Version;
use crate::store::head::Head;
use crate::store::sqlite::error::SqlError;

/// Maximum number of streams that are remembered: about 2 MiB with the longest names.
const MAX_STREAMS: usize = 10_000;

/// A stream that has events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownStream {
    pub(crate) id: i64,
    pub(crate) version: Version,
}

/// The ends after the last commit of appends of a connection.
#[derive(Default)]
pub(crate) struct KnownEnd {
    /// The counter of commits of other connections.
    others: i64,
    head: Option<Head>,
    /// True if the head must be read again before it is used.
    doubted: bool,
    streams: HashMap<StreamName, KnownStream>,
}

impl KnownEnd {
    /// Returns the head in a transaction that has the write lock; `None` if it must be read, and then confirmed.
    pub(crate) fn head(&mut self, connection: &Connection) -> Result<Option<Head>, SqlError> {
        let others = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if others != self.others {
            self.forget();
            self.others = others;
        }
        Ok(self.head.filter(|_| !self.doubted))
    }

    /// Sets the head that was read. The streams stay known if it is the remembered one, whose hash covers all events.
    pub(crate) fn confirm(&mut self, head: Head) {
        if self.head != Some(head) {
            self.forget();
        }
        self.doubted = false;
    }

    /// Sets that the database file was written.
    pub(crate) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// Sets the head that is about to be committed.
    pub(crate) fn set_head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// Returns the end of a stream.
    pub(crate) fn stream(&self, name: &StreamName) -> Option<KnownStream> {
        self.streams.get(name).copied()
    }

    /// Sets the end of a stream that is about to be committed.
    pub(crate) fn set_stream(&mut self, name: &StreamName, end: KnownStream) {
        if let Some(known) = self.streams.get_mut(name) {
            *known = end;
            return;
        }
        if self.streams.len() >= MAX_STREAMS {
            self.streams.clear();
        }
        self.streams.insert(name.clone(), end);
    }

    /// Forgets a stream whose append was rolled back.
    pub(crate) fn forget_stream(&mut self, name: &StreamName) {
        self.streams.remove(name);
    }

    /// Forgets everything, after a rollback.
    pub(crate) fn forget(&mut self) {
        self.head = None;
        self.streams.clear();
    }
}
