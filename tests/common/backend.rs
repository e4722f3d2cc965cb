//! The backends that one test is tried on, and a place of its own there for each store it makes.

use std::path::Path;
use std::path::PathBuf;

use mongodb::bson::Document;
use mongodb::bson::doc;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

use crate::common::tamper::Change;

/// A kind of database for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// The server of `ESCTL_TEST_POSTGRES`.
    Postgres,
    /// The server of `ESCTL_TEST_MONGODB`.
    MongoReplicaSet,
    /// The server of `ESCTL_TEST_MONGODB_STANDALONE`, which has no transactions.
    MongoStandalone,
}

/// Makes a test of each function named on each backend: `fn NAME(on: Backend)`, or `async fn` after `async:`. One that
/// is not named is dead code, and so a warning.
#[macro_export]
macro_rules! on_every_backend {
    (async: $($(#[$mark:meta])* $name:ident)+) => {
        mod sqlite {
            $(#[test] $(#[$mark])* fn $name() { $crate::common::backend::run(super::$name($crate::common::backend::Backend::Sqlite)); })+
        }
        $crate::on_server! { postgres Postgres async: $($(#[$mark])* $name)+ }
        $crate::on_server! { mongodb MongoReplicaSet async: $($(#[$mark])* $name)+ }
        $crate::on_server! { mongodb_standalone MongoStandalone async: $($(#[$mark])* $name)+ }
    };
    ($($(#[$mark:meta])* $name:ident)+) => {
        mod sqlite {
            $(#[test] $(#[$mark])* fn $name() { super::$name($crate::common::backend::Backend::Sqlite); })+
        }
        $crate::on_server! { postgres Postgres $($(#[$mark])* $name)+ }
        $crate::on_server! { mongodb MongoReplicaSet $($(#[$mark])* $name)+ }
        $crate::on_server! { mongodb_standalone MongoStandalone $($(#[$mark])* $name)+ }
    };
}

/// Makes an ignored test of each function named on one backend that needs a server. Used by `on_every_backend!`.
#[macro_export]
macro_rules! on_server {
    ($module:ident $backend:ident async: $($(#[$mark:meta])* $name:ident)+) => {
        mod $module {
            $(
                #[test]
                #[ignore = "needs a server: tests/run"]
                $(#[$mark])*
                fn $name() { $crate::common::backend::run(super::$name($crate::common::backend::Backend::$backend)); }
            )+
        }
    };
    ($module:ident $backend:ident $($(#[$mark:meta])* $name:ident)+) => {
        mod $module {
            $(
                #[test]
                #[ignore = "needs a server: tests/run"]
                $(#[$mark])*
                fn $name() { super::$name($crate::common::backend::Backend::$backend); }
            )+
        }
    };
}

/// Runs a test to its end.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

/// Runs something to its end on a thread of its own: this one may be inside a runtime.
fn run_apart<T: Send>(work: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| scope.spawn(|| run(work)).join().unwrap())
}

/// A place for one store, in which nothing has been written. What is written there is removed with the value.
pub struct Place {
    pub url: String,
    what: What,
}

enum What {
    File(PathBuf),
    Schema { server: String, name: String },
    Database { server: String, name: String },
}

/// Returns the statements that take a store back to a position: two of SQL, or the deletion of such commits in MongoDB.
fn steps_back(to: u64) -> (String, String, impl Fn(Document) -> Document) {
    let delete = format!("DELETE FROM events WHERE position > {to}");
    let set_head = format!(
        "UPDATE store_head SET position = last.position, recorded_at = last.recorded_at, hash = last.hash \
         FROM (SELECT * FROM events WHERE position = {to}) last"
    );
    (delete, set_head, |ids| doc! { "delete": "commits", "deletes": [{ "q": { "_id": ids }, "limit": 0 }] })
}

impl Place {
    /// Returns a place in this folder under this name, where the backend has files; else one under a unique name.
    pub fn fresh(on: Backend, folder: &Path, name: &str) -> Self {
        let unique = format!("t{}", uuid::Uuid::new_v4().simple());
        match on {
            Backend::Sqlite => {
                let path = folder.join(format!("{name}.db"));
                Self { url: format!("sqlite:{}", path.display()), what: What::File(path) }
            }
            Backend::Postgres => Self::schema(server("ESCTL_TEST_POSTGRES"), unique),
            Backend::MongoReplicaSet => Self::database(server("ESCTL_TEST_MONGODB"), unique),
            Backend::MongoStandalone => Self::database(server("ESCTL_TEST_MONGODB_STANDALONE"), unique),
        }
    }

    /// On a server that is no other test's.
    pub fn on_server(on: Backend, server: &str) -> Self {
        let name = "own".to_owned();
        match on {
            Backend::Sqlite => panic!("SQLite has no server"),
            Backend::Postgres => Self::schema(server.to_owned(), name),
            Backend::MongoReplicaSet | Backend::MongoStandalone => Self::database(server.to_owned(), name),
        }
    }

    /// A schema on a PostgreSQL server.
    fn schema(server: String, name: String) -> Self {
        let mark = if server.contains('?') { '&' } else { '?' };
        Self { url: format!("{server}{mark}schema={name}"), what: What::Schema { server, name } }
    }

    /// A database on a MongoDB server.
    fn database(server: String, name: String) -> Self {
        let (place, options) = server.split_once("/?").unwrap_or((server.trim_end_matches('/'), ""));
        Self { url: format!("{place}/{name}?{options}"), what: What::Database { server, name } }
    }

    /// Returns true if nothing has been made there.
    pub fn is_untouched(&self) -> bool {
        match &self.what {
            What::File(path) => !path.exists(),
            What::Schema { server, name } => run_apart(async {
                let sql = format!("SELECT to_regnamespace('{name}') IS NULL");
                let mut connection = PgConnection::connect(server).await.unwrap();
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
            }),
            What::Database { server, name } => run_apart(async {
                let client = mongodb::Client::with_uri_str(server).await.unwrap();
                client.database(name).list_collection_names().await.unwrap().is_empty()
            }),
        }
    }

    /// Removes the events after a position behind the program's back, in one step, as a restored backup of that time lacks
    /// them.
    pub fn put_back(&self, to: u64) {
        let (delete, set_head, delete_commits) = steps_back(to);
        let step = format!("BEGIN; {delete}; {set_head}; COMMIT");
        self.meddle(&step, &step, delete_commits(doc! { "$gt": to as i64 }));
    }

    /// As [`Place::put_back`], in two steps, with a moment between them in which the store is not whole.
    pub fn put_back_in_steps(&self, to: u64) {
        let (delete, set_head, delete_commits) = steps_back(to);
        self.meddle(&delete, &delete, delete_commits(doc! { "$eq": to as i64 + 1 }));
        std::thread::sleep(std::time::Duration::from_millis(500));
        self.meddle(&set_head, &set_head, delete_commits(doc! { "$gt": to as i64 }));
    }

    /// Runs statements on the database behind the program's back: in SQLite, in PostgreSQL, or a command in MongoDB.
    pub fn meddle(&self, sqlite: &str, postgres: &str, mongodb: Document) {
        match &self.what {
            What::File(path) => rusqlite::Connection::open(path).unwrap().execute_batch(sqlite).unwrap(),
            What::Schema { server, name } => run_apart(async {
                let mut connection = PgConnection::connect(server).await.unwrap();
                let sql = format!("SET client_min_messages = warning; SET search_path = {name}; {postgres}");
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            }),
            What::Database { server, name } => run_apart(async {
                let client = mongodb::Client::with_uri_str(server).await.unwrap();
                client.database(name).run_command(mongodb).await.unwrap();
            }),
        }
    }

    /// Copies what a store holds as tools do that copy rows only: without keys, indexes, views and functions.
    pub fn copy_without_indexes(&self) {
        match &self.what {
            What::File(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
                let tables: Vec<String> =
                    connection.prepare(tables).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                connection.execute_batch("DROP VIEW log; DROP VIEW IF EXISTS head").unwrap();
                for table in tables {
                    let sql =
                        format!("CREATE TABLE c AS SELECT * FROM {table}; DROP TABLE {table}; ALTER TABLE c RENAME TO {table}");
                    connection.execute_batch(&sql).unwrap();
                }
            }
            What::Schema { server, name } => run_apart(async {
                let mut connection = PgConnection::connect(server).await.unwrap();
                let sql = format!(
                    "SET client_min_messages = warning; CREATE SCHEMA {name}_copy; DO $$ DECLARE t text; BEGIN \
                     FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = '{name}' LOOP \
                     EXECUTE format('CREATE TABLE {name}_copy.%I AS SELECT * FROM {name}.%I', t, t); END LOOP; END $$; \
                     DROP SCHEMA {name} CASCADE; ALTER SCHEMA {name}_copy RENAME TO {name}"
                );
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            }),
            What::Database { server, name } => run_apart(async {
                let database = mongodb::Client::with_uri_str(server).await.unwrap().database(name);
                database.collection::<Document>("commits").drop_indexes().await.unwrap();
                database.collection::<Document>("events").drop().await.unwrap();
            }),
        }
    }

    /// Removes the store with everything in it.
    pub fn remove(&self) {
        match &self.what {
            What::File(path) => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{end}", path.display()));
                }
            }
            What::Schema { server, name } => run_apart(async {
                let sql = format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {name} CASCADE");
                let mut connection = PgConnection::connect(server).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            }),
            What::Database { server, name } => run_apart(async {
                let client = mongodb::Client::with_uri_str(server).await.unwrap();
                client.database(name).drop().await.unwrap();
            }),
        }
    }

    /// Changes what is there behind the program's back; how many records that were.
    pub fn tamper(&self, change: &Change) -> u64 {
        match &self.what {
            What::File(path) => change.in_sqlite(path),
            What::Schema { server, name } => run_apart(change.in_postgres(server, name)),
            What::Database { server, name } => run_apart(async {
                let client = mongodb::Client::with_uri_str(server).await.unwrap();
                change.in_mongodb(&client.database(name)).await
            }),
        }
    }
}

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"))
}

impl Drop for Place {
    fn drop(&mut self) {
        // A file goes with its folder.
        if !matches!(self.what, What::File(_)) {
            self.remove();
        }
    }
}
