//! Replay: the state of a stream, of a category or of the whole store as it was at any moment.

mod category;
mod copied;
mod into;
mod own_rows;
mod retime;
mod stray_rows;
mod stream;
mod trace;
mod until;
mod verify;
mod whole;

pub use crate::ops::rebuild::EventRef;
pub use category::CategoryReplay;
pub use category::ReplayCategory;
pub use into::CopyProgress;
pub use into::CopyReport;
pub use into::CopyStore;
pub use into::copy_store;
pub use retime::ORIGINAL_TIME;
pub use stream::Diff;
pub use stream::Replay;
pub use stream::ReplayReport;
pub use stream::replay;
pub use trace::Trace;
pub use trace::TraceEntry;
pub use until::Until;
pub use verify::Difference;
pub use verify::ProjectionCompared;
pub use verify::ReadModelCompared;
pub use verify::Verified;
pub use verify::replay_and_verify;
pub use whole::CategoryReport;
pub use whole::replay_category;
