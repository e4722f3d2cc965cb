//! Stores that older versions of the schema left, kept as dumps: they are read as they are, brought up to date by the
//! first write, and then keep every promise. `version1/make` says how the dumps were made and what is in them.

mod dumps;
mod killed;
mod mongodb;
mod postgres;
mod promises;
mod sqlite;
