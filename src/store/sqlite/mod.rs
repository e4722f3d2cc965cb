//! SQLite inside the program: WAL, `synchronous=FULL`, and one writer and several readers on threads of their own.

mod access;
mod append;
mod backend;
#[cfg(feature = "bench")]
pub(crate) mod baseline;
mod commit_rows;
mod connection;
mod end;
mod error;
mod event_log;
mod failed_events;
mod files;
mod foreign_file;
#[cfg(test)]
mod foreign_follow_tests;
mod known_end;
mod lazy_connection;
mod load;
mod names;
mod place_spill;
mod read;
mod read_model_table;
mod read_models;
mod records;
mod row_spill;
mod schema;
mod snapshots;
mod statement;
mod transaction;
mod worker;

pub use backend::Sqlite;
pub(crate) use foreign_file::ForeignFile;
pub use place_spill::PlaceSpill;
pub use place_spill::SpilledPlace;
pub use row_spill::RowSpill;
