//! Read models: which there are, how far they are, bringing them up to date, rebuilding, asking them.

pub mod create;
pub mod delete;
pub mod query;
pub mod rebuild;
pub mod run;
pub mod status;
