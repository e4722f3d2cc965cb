//! The identity of the files behind a connection, which reveals that a file was replaced.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::store::error::StoreError;

/// The identity of a file in the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        // An open file cannot be replaced on this system.
        Self { device: 0, inode: 0 }
    }
}

/// The files of a store: the database, its log and the index of the log, which SQLite keeps open.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    path: PathBuf,
    database: FileId,
    /// The log and its index. A database without write permission and without a log is read without them.
    beside: [(PathBuf, Option<FileId>); 2],
    /// The last modification of the database file, and its size.
    stamp: (Option<SystemTime>, u64),
}

/// The change of the database file since the last check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileChange {
    /// The database file is unchanged.
    Same,
    /// The database file was written: by a checkpoint, or by a program that copied another database over it.
    Written,
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn stamp(metadata: &Metadata) -> (Option<SystemTime>, u64) {
    (metadata.modified().ok(), metadata.len())
}

impl Files {
    /// Returns the files at a path.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let found = |end| {
            let path = beside(path, end);
            let id = path.metadata().ok().map(|metadata| FileId::of(&metadata));
            (path, id)
        };
        Ok(Self {
            path: path.to_owned(),
            database: FileId::of(&metadata),
            beside: [found("-wal"), found("-shm")],
            stamp: stamp(&metadata),
        })
    }

    /// Returns true if the database is the same file as the one of another handle.
    pub(crate) fn same_database(&self, other: &Self) -> bool {
        self.database == other.database
    }

    /// Checks that the files are still at their paths.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when one of them was moved, deleted or replaced.
    pub(crate) fn check(&mut self) -> Result<FileChange, StoreError> {
        let metadata = match self.path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.replaced("was moved or deleted")),
            Err(error) => {
                let message = format!("cannot check {}: {error}", self.path.display());
                return Err(StoreError::Unavailable { message, source: Some(std::sync::Arc::new(error)) });
            }
            Ok(metadata) => metadata,
        };
        if FileId::of(&metadata) != self.database {
            return Err(self.replaced("was replaced by another file"));
        }
        for (path, known) in &self.beside {
            let now = path.metadata().ok().map(|metadata| FileId::of(&metadata));
            if known.is_some() && now != *known {
                let what = format!("has lost its file {}", path.display());
                return Err(self.replaced(&what));
            }
        }
        let stamp = stamp(&metadata);
        let change = if stamp == self.stamp { FileChange::Same } else { FileChange::Written };
        self.stamp = stamp;
        Ok(change)
    }

    /// Returns the error for files that are not the opened ones.
    pub(crate) fn replaced(&self, what: &str) -> StoreError {
        StoreError::Replaced(format!("the event store at {} {what} while this process was using it", self.path.display()))
    }
}
