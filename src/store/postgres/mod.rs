//! PostgreSQL: a schema of its own, a function that appends in one statement, and a few connections on a worker thread.
//!
//! Each session has settings of its own (timeouts, `search_path`, `synchronous_commit`), sent at its start, and prepared
//! statements. Through a pooler each job is a transaction with these settings, and statements are unnamed.

mod append;
mod backend;
#[cfg(feature = "bench")]
pub(crate) mod baseline;
mod catalog;
mod commit_rows;
mod connector;
mod database;
mod end;
mod error;
mod event_log;
mod fast_append;
mod for_version;
mod foreign_database;
mod foreign_times;
mod foreign_writers;
mod ids;
mod load;
mod lock_holder;
mod open;
mod optimistic_append;
mod outcome;
mod parameters;
mod peer;
mod pool;
mod read;
mod read_models;
mod records;
mod schema;
mod server;
mod session;
mod settings;
mod snapshots;
mod statements;
mod streams;
mod url;
mod worker;

pub use backend::Postgres;
pub(crate) use open::parse;
pub use url::PostgresUrl;
