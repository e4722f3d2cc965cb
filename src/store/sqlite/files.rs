//! The files behind a connection, by which it is noticed that another file was put in their place.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::store::error::StoreError;

/// The numbers of a file in its file system.
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
        // An open file cannot be replaced there.
        Self { device: 0, inode: 0 }
    }
}

/// The files of a store: the database, and the log and its index, which SQLite keeps open beside it.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    path: PathBuf,
    database: FileId,
    /// The log and its index; a database that cannot be written and has no log is read without them.
    beside: [(PathBuf, Option<FileId>); 2],
    /// When the database file was last changed, and its size.
    stamp: (Option<SystemTime>, u64),
}

/// The state of the files since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing has changed in the database file.
    Same,
    /// The database file was written to: by a checkpoint, or by a program that copied another database over it.
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
    ///
    /// # Errors
    /// As the file system says.
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

    /// Checks that the database is the same file as another handle of this process has opened.
    pub(crate) fn same_database(&self, other: &Self) -> bool {
        self.database == other.database
    }

    /// Checks that the files are still at their paths.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when one of them was moved, deleted or replaced.
    pub(crate) fn look(&mut self) -> Result<Look, StoreError> {
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
        let look = if stamp == self.stamp { Look::Same } else { Look::Written };
        self.stamp = stamp;
        Ok(look)
    }

    /// Returns the error for files that are not those that were opened.
    pub(crate) fn replaced(&self, what: &str) -> StoreError {
        StoreError::Replaced(format!("the event store at {} {what} while this process was using it", self.path.display()))
    }
}
