//! Layouts: files that map a table or collection of another program to events, and their fit to a catalog.
//!
//! A layout is data. It names tables and columns, and cannot carry SQL. This module knows no connection.

mod built_in;
mod column_ref;
mod error;
mod fit;
mod format;
mod guess;
mod index_order;
mod map_event;
#[cfg(test)]
mod map_event_tests;
mod map_time;
mod map_value;
mod model;
mod plan;
mod requirements;
mod table_name;

pub use built_in::BuiltIn;
pub use built_in::built_in;
pub use column_ref::ColumnRef;
pub use error::LayoutError;
pub use fit::Fit;
pub use fit::MissingIndex;
pub use fit::fits;
pub use fit::missing_in;
pub use format::Origin;
pub use format::parse;
pub use guess::Guess;
pub use guess::Guessed;
pub use guess::Note;
pub use guess::candidates;
pub use guess::name_fault;
pub use map_event::EventMapper;
pub use map_event::MapError;
pub use map_event::MappedEvent;
pub(crate) use map_event::whole_of;
pub(crate) use map_value::text_of;
pub use model::Checkpoints;
pub use model::Condition;
pub use model::ConditionTest;
pub use model::DataForm;
pub use model::Events;
pub use model::FollowRule;
pub use model::Join;
pub use model::Layout;
pub use model::Metadata;
pub use model::OneStream;
pub use model::Payload;
pub use model::Rows;
pub use model::Snapshots;
pub use model::StreamKey;
pub use model::StreamNumber;
pub use model::Streams;
pub use model::Tables;
pub use model::Time;
pub use model::TimeForm;
pub use model::TypeName;
pub use model::Version;
pub use plan::EventPlan;
pub use table_name::TableName;
