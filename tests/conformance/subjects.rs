//! The backends that are tried, a line each at the end.

use esctl::store::Store;
use esctl::store::StoreUrl;
use esctl::store::open;
use tempfile::TempDir;

use crate::kit::Shared;
use crate::kit::Subject;
use crate::kit::TIMEOUT;
use crate::promises::conformance;

/// SQLite in a file.
pub struct SqliteFile {
    store: Store,
    folder: TempDir,
}

impl Subject for SqliteFile {
    fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: open_in(&folder), folder }
    }

    fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Shared for SqliteFile {
    fn open(&self) -> Store {
        open_in(&self.folder)
    }
}

fn open_in(folder: &TempDir) -> Store {
    open(&StoreUrl::SqliteFile(folder.path().join("store.db")), TIMEOUT).unwrap()
}

/// SQLite in memory: one handle is all there is.
pub struct SqliteMemory(Store);

impl Subject for SqliteMemory {
    fn fresh() -> Self {
        Self(open(&StoreUrl::SqliteMemory, TIMEOUT).unwrap())
    }

    fn store(&self) -> Store {
        self.0.clone()
    }
}

conformance!(sqlite_file: SqliteFile, shared);
conformance!(sqlite_memory: SqliteMemory, alone);
// A server: `conformance!(postgres: Postgres, shared, ignore = "needs a server: tests/run");`
