//! MongoDB 6.0 and later. An append is one document, so no transactions are needed: it works with a standalone server, a
//! replica set and Atlas.
//!
//! All requests run on a thread of the store (`worker.rs`), so a cancelled caller cuts none. An acknowledged write is on
//! the disks of a majority of the servers (`w: majority, j: true`), and so is everything that is read (`majority`, from the
//! primary).
//!
//! `append.rs` explains dense positions without a lock, `read_models.rs` how rows and checkpoint change together.

mod append;
mod backend;
#[cfg(feature = "bench")]
pub(crate) mod baseline;
mod by_id;
mod check;
mod collections;
mod commit_rows;
mod connection;
mod decide;
mod documents;
mod drop_read_model;
mod end;
mod error;
mod event_log;
mod existence;
mod filters;
mod foreign_changes;
mod foreign_database;
mod foreign_fields;
mod foreign_rows;
mod foreign_values;
mod indexes;
mod insert;
mod known_state;
mod load;
mod open;
mod projection;
mod read;
mod read_model_state;
mod read_models;
mod records;
mod rows;
mod schema;
mod server;
mod snapshots;
mod streams;
mod url;
mod view;
mod worker;

pub use backend::MongoDb;
pub(crate) use open::parse;
pub use url::MongoUrl;
