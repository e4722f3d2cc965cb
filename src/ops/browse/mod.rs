//! Queries of a terminal interface: small answers, regardless of the size of the store.

mod events;
mod head;
mod state;

pub use events::BrowseEvents;
pub use events::EventLine;
pub use events::EventLines;
pub use events::browse_events;
pub use head::HeadReport;
pub use head::store_head;
pub use state::StateReport;
pub use state::state_at;
