//! Documents: JSON objects whose changes are recorded as diffs, with the client of each change.
//!
//! In the order of the flow: events → state → patches → command → decide → rejection → read model. All of it is pure;
//! time is an argument.

mod aggregate;
mod command;
mod decide;
mod event;
mod patch;
mod read_model;
mod rejection;
mod set;
mod state;

pub use command::DocumentCommand;
pub use event::DocumentCreated;
pub use event::DocumentDeleted;
pub use event::DocumentEvent;
pub use event::DocumentUpdated;
pub use patch::DocumentMisfit;
pub use patch::MAX_DOCUMENT_BYTES;
pub use patch::MAX_DOCUMENT_DEPTH;
pub use patch::MAX_MOVED_BYTES;
pub use patch::PatchError;
pub use patch::apply;
pub use patch::diff;
pub use patch::transition;
pub use read_model::DOCUMENTS;
pub use rejection::DocumentRejection;
pub use set::Assigned;
pub use set::Assignment;
pub use state::Document;
