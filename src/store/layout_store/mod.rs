//! Stores that other programs wrote, read with a layout. Nothing is written, and what a layout lacks is absent.
//!
//! Knows no engine: the rows of all databases come from [`ForeignDatabase`](crate::store::foreign::ForeignDatabase).

mod event_log;
mod events;
mod follow;
mod follow_answer;
mod follow_changes;
mod follow_notes;
mod follow_order;
mod follow_rows;
mod follow_streams;
mod locate;
mod located;
mod names;
mod open;
mod opened;
mod opening;
mod pages;
mod refused;
mod store;
mod streams;
mod table;
mod to_event;

pub use open::open_with_layout;
pub use opening::LayoutChoice;
