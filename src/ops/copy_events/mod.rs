//! The copy of events from any store into a store of esctl.

mod added_events;
mod changes;
mod claim;
mod copy;
mod copy_record;
mod draft;
mod input;
mod mirror;
mod refused_names;
mod report;
mod source_events;
mod writer;

pub use copy::copy_events;
pub use copy_record::has_events;
pub use input::CopyEvents;
pub use input::LatePolicy;
pub use mirror::Mirror;
pub use mirror::MirrorUpdate;
pub use mirror::keeps_place;
pub use refused_names::refused_names;
pub use report::ChangedEvents;
pub use report::CopyEventsReport;
pub use report::EventPlace;
pub use report::ListedEvents;
pub use report::RefusedEvents;
pub use report::RefusedName;
