//! Stores that other programs wrote, read with a layout. Nothing is written, and what a layout lacks is absent.
//!
//! Knows no engine: the rows of all databases come from [`ForeignDatabase`](crate::store::foreign::ForeignDatabase).

mod baseline;
mod document_walk;
mod event_log;
mod events;
mod follow;
mod follow_answer;
mod follow_changes;
mod follow_notes;
mod follow_order;
mod follow_rows;
mod follow_streams;
mod follow_unique;
mod keyset_walk;
mod layout_tables;
mod locate;
mod located;
mod names;
mod open;
mod opened;
mod opening;
mod pages;
mod plans;
mod read_ahead;
mod refused;
mod row_walk;
mod side_rows;
mod store;
mod streams;
mod table;
mod to_event;
mod waiting;
mod walk_order;

pub use layout_tables::LayoutParts;
pub use layout_tables::LayoutTables;
pub use layout_tables::open_tables;
pub use open::open_with_layout;
pub use opening::LayoutChoice;
pub use plans::QueryPlan;
pub use plans::query_plans;
pub use row_walk::RowWalk;
pub use row_walk::WalkedPage;
pub use row_walk::WalkedRow;
pub use row_walk::name_of_key;
pub use side_rows::ForeignCheckpoint;
pub use side_rows::ForeignSnapshot;
pub use side_rows::ListedStream;
pub use side_rows::SideWalk;
pub use waiting::Waiting;
