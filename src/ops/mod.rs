//! The use cases of an event store: one use case a file, from typed input to typed report.
//!
//! They do not know terminal, environment or clock. The command line and the server parse, call a use case, and render its report.

pub mod append_events;
#[cfg(feature = "bench")]
pub mod bench;
pub mod bisect;
mod broken;
pub mod browse;
mod caveat;
mod changes;
pub mod check_head;
pub mod check_integrity;
pub mod checkpoints;
mod condition;
pub mod copy_events;
mod cursor;
pub(crate) mod damage_row;
pub mod digest;
pub mod documents;
pub mod error;
mod event_filter;
pub mod events_page;
pub mod failure;
pub mod follow_events;
pub mod future;
pub mod games;
mod head_query;
pub mod init_store;
#[cfg(feature = "layouts")]
pub mod layouts;
mod list_page;
pub mod list_resources;
mod list_states;
pub mod list_streams;
pub mod names;
mod not_found;
mod pages;
pub mod projections;
pub mod quarantine;
pub mod read_events;
mod reducer;
pub mod replay;
pub mod resource_history;
pub mod scenario;
pub mod seed;
mod selection;
pub mod selftest;
mod severity;
pub mod show_resource;
pub mod show_stream;
pub mod snapshots;
pub mod stats;
mod suggest;
pub mod tail_events;
pub mod trace;
pub mod verify;

pub use broken::BrokenStream;
pub use caveat::ListCaveat;
pub use changes::Change;
pub use changes::changes;
pub use condition::Condition;
pub(crate) use cursor::check_cursor;
pub use error::OpsError;
pub use event_filter::EventFilter;
pub use failure::CURSOR_BEYOND_END;
pub use failure::Failure;
pub use failure::FailureKind;
pub use list_page::ListPage;
pub use list_states::ListSource;
pub use not_found::must_exist;
pub use reducer::Reducer;
pub use selection::Selection;
pub use severity::Severity;
pub use suggest::nearest;
