//! Checkpoints: the place that each projection, or each reader of another program, has reached, and what waits behind it.

#[cfg(feature = "layouts")]
pub mod foreign;
mod lag;
mod own;
mod status;

pub use lag::CheckedLag;
pub use lag::LagLimit;
pub use lag::LagLimits;
pub use lag::LagReport;
pub use lag::check_lag;
pub use own::projection_checkpoints;
pub use status::CheckpointState;
pub use status::CheckpointStatus;
