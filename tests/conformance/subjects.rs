//! The backends that are tried, a line each at the end.

use esctl::store::Store;
use esctl::store::StoreUrl;
use esctl::store::open;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
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

/// PostgreSQL: a schema of its own on the server of `ESCTL_TEST_POSTGRES`.
pub struct Postgres {
    store: Store,
    server: String,
    schema: String,
}

impl Postgres {
    fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}schema={}", self.server, self.schema)
    }
}

impl Subject for Postgres {
    fn fresh() -> Self {
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("ESCTL_TEST_POSTGRES names a server");
        let schema = format!("esctl_test_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        let mut subject = Self { store: open(&StoreUrl::SqliteMemory, TIMEOUT).unwrap(), server, schema };
        subject.store = subject.open();
        subject
    }

    fn store(&self) -> Store {
        self.store.clone()
    }
}

impl Shared for Postgres {
    fn open(&self) -> Store {
        open(&self.url().parse().unwrap(), TIMEOUT).unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let (server, schema) = (self.server.clone(), self.schema.clone());
        // A thread of its own: this one may be inside a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
                let sql = format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {schema} CASCADE");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            });
        });
        let _ = dropping.join();
    }
}

conformance!(sqlite_file: SqliteFile, shared);
conformance!(sqlite_memory: SqliteMemory, alone);
conformance!(postgres: Postgres, shared, ignore = "needs a server: tests/run");
