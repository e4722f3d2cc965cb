//! Snapshots: taking, listing, showing, verifying, deleting, pruning.

mod delete;
#[cfg(feature = "layouts")]
pub mod foreign;
pub(in crate::ops) mod pages;
mod prune;
mod show;
mod take;

pub use crate::ops::verify::snapshots::CheckedSnapshot;
pub use crate::ops::verify::snapshots::SnapshotCheck;
pub use crate::ops::verify::snapshots::VerifySnapshots;
pub use delete::delete_snapshots;
pub use delete::find_snapshots;
pub use pages::SnapshotPages;
pub use prune::count_prunable;
pub use prune::prune;
pub use show::SnapshotReport;
pub use show::show_snapshot;
pub use take::CategorySnapshots;
pub use take::TakeReport;
pub use take::TakeSnapshot;
pub use take::take;
