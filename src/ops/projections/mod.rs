//! Read models: which there are, how far they are, bringing them up to date, following, rebuilding, asking them.

pub mod control;
pub mod create;
pub mod delete;
pub mod errors;
pub mod follow;
pub mod query;
pub mod rebuild;
pub mod rollback;
pub mod run;
pub mod status;
