//! Snapshots: taking, listing, showing, verifying, deleting, thinning out.

mod delete;
mod pages;
mod prune;
mod show;
mod take;
mod verify;

pub use delete::delete_snapshots;
pub use delete::find_snapshots;
pub use pages::SnapshotPages;
pub use prune::count_prunable;
pub use prune::prune;
pub use show::SnapshotReport;
pub use show::show_snapshot;
pub use take::TakeSnapshot;
pub use take::TakenCategory;
pub use take::TakenReport;
pub use take::take;
pub use verify::SnapshotCheck;
pub use verify::SnapshotVerdict;
pub use verify::VerifySnapshots;
