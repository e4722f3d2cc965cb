//! The promises of every backend, tried on each of them. A chapter is a module; a test is written once, against a
//! [`Store`](esctl::store::Store) from a [`kit::Subject`]. A new backend is one line in `subjects.rs`.
//!
//! `README.md` beside this file says which tests fail when a promise is broken on purpose.

mod append;
mod chain;
mod clock;
mod expected_version;
mod failed_events;
mod grouping;
mod idempotency;
mod json;
pub mod kit;
mod limits;
mod loads;
mod no_store;
mod positions;
mod projections;
mod projections_at_once;
mod promises;
mod read_model_rows;
mod read_models;
mod reading;
mod records;
mod replaced;
mod schema;
mod snapshots;
mod streams;
mod subjects;
mod time;
pub mod wrapped;
