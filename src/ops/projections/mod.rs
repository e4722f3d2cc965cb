//! Projections and their read models: status, runs, rebuilds, failed events and queries.

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
