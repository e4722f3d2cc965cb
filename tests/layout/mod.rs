//! `esctl layout` on databases of other programs: the whole program.

mod bad_input;
mod check;
mod copy;
mod copy_edges;
mod copy_follow;
mod copy_mirror;
mod detect;
mod files;
mod follow_mongodb;
mod follow_postgres;
mod follow_sqlite;
mod followed;
mod guess;
mod lag;
mod libraries;
mod log;
mod plans;
mod read;
mod read_engines;
mod read_names;
mod read_odd;
mod read_only;
mod read_pages;
mod readers;
pub mod stores;
mod verify;
mod verify_written;
