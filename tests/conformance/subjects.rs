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

/// MongoDB: a database of its own, on the server that a variable of the environment names.
struct MongoDatabase {
    store: Store,
    url: StoreUrl,
    server: String,
    name: String,
}

impl MongoDatabase {
    fn fresh(variable: &str) -> Self {
        let server = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"));
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        let (place, options) = server.split_once("/?").unwrap_or((server.trim_end_matches('/'), ""));
        let url: StoreUrl = format!("{place}/{name}?{options}").parse().unwrap();
        Self { store: open(&url, TIMEOUT).unwrap(), url, server, name }
    }

    fn open(&self) -> Store {
        open(&self.url, TIMEOUT).unwrap()
    }
}

impl Drop for MongoDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A test ends inside a runtime, which cannot be waited on from there.
        let drop_database = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = ::mongodb::Client::with_uri_str(server).await.unwrap();
                client.database(&name).drop().await.unwrap();
            });
        };
        std::thread::spawn(drop_database).join().unwrap();
    }
}

/// MongoDB as a replica set.
pub struct MongoReplicaSet(MongoDatabase);

impl Subject for MongoReplicaSet {
    fn fresh() -> Self {
        Self(MongoDatabase::fresh("ESCTL_TEST_MONGODB"))
    }

    fn store(&self) -> Store {
        self.0.store.clone()
    }
}

impl Shared for MongoReplicaSet {
    fn open(&self) -> Store {
        self.0.open()
    }
}

/// MongoDB as a standalone server, which has no transactions.
pub struct MongoStandalone(MongoDatabase);

impl Subject for MongoStandalone {
    fn fresh() -> Self {
        Self(MongoDatabase::fresh("ESCTL_TEST_MONGODB_STANDALONE"))
    }

    fn store(&self) -> Store {
        self.0.store.clone()
    }
}

impl Shared for MongoStandalone {
    fn open(&self) -> Store {
        self.0.open()
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
conformance!(mongodb: MongoReplicaSet, shared, ignore = "needs a server: tests/run");
conformance!(mongodb_standalone: MongoStandalone, shared, ignore = "needs a server: tests/run");
