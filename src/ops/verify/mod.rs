//! Verification: a store, a stream, snapshots and read models are compared with what was written.

pub(in crate::ops) mod builds;
pub(in crate::ops) mod chain;
pub(in crate::ops) mod comparison;
#[cfg(feature = "layouts")]
pub mod layout;
pub(in crate::ops) mod orphan_rows;
pub(in crate::ops) mod projection_rows;
mod read_models;
mod report;
mod row_fold;
mod row_record;
mod rows;
mod schema;
pub(in crate::ops) mod snapshots;
mod store;
pub(in crate::ops) mod stream;
mod unequal_rows;
pub(in crate::ops) mod verified;
mod verifier;

pub use report::Finding;
pub use report::ForeignVerify;
pub use report::VerifyReport;
pub use store::Verify;
pub use store::events_to_read;
pub use store::verify;
