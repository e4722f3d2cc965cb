//! Replay: the state of a stream, of a category or of the whole store at any moment.

mod category;
mod category_fold;
mod category_foreign;
mod category_report;
mod copy_event;
mod copy_store;
pub(in crate::ops) mod point_in_time;
mod retime;
mod steps;
pub(in crate::ops) mod stream;

pub use crate::event::ORIGINAL_TIME;
pub use crate::ops::verify::comparison::Difference;
pub use crate::ops::verify::comparison::EventRef;
pub use crate::ops::verify::stream::replay_and_verify;
pub use crate::ops::verify::verified::ProjectionCompared;
pub use crate::ops::verify::verified::ReadModelCompared;
pub use crate::ops::verify::verified::Verified;
pub use category::CategoryReplay;
pub use category::ReplayCategory;
pub use category_report::CategoryReport;
pub use category_report::replay_category;
pub use copy_store::CopyProgress;
pub use copy_store::CopyReport;
pub use copy_store::CopyStore;
pub use copy_store::copy_store;
pub(in crate::ops) use copy_store::whole_events;
pub use point_in_time::PointInTime;
pub use steps::ReplayStep;
pub use steps::ReplaySteps;
pub use stream::Diff;
pub use stream::Replay;
pub use stream::ReplayReport;
pub use stream::replay;
