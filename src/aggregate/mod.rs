//! The pure contract of a domain: commands are decided into events, events evolve a state.
//!
//! Nothing here knows a store, a clock or a terminal. Time comes in as an argument, so a domain's
//! tests are tables: given events, when command, then events or rejection.

mod aggregate_rows;
mod command;
mod contract;
mod decide;
mod exact_numbers;
mod fold;
mod fold_error;
mod jq_event;
mod jq_projection;
mod jq_reducer;
mod macros;
mod note;
mod own_reducer;
mod projection;
mod reducer;
mod rejection;
mod upcast;

pub use aggregate_rows::AggregateRows;
pub use command::DomainCommand;
pub use command::read_payload;
pub use contract::Aggregate;
pub use contract::DomainEvent;
pub use decide::DecideError;
pub use decide::DecidedEvent;
pub use decide::Decider;
pub use decide::decided;
pub use exact_numbers::with_exact_numbers;
pub use fold::AggregateFold;
pub use fold::Fold;
pub use fold::FoldVersion;
pub use fold_error::FoldError;
pub use jq_event::JqEvent;
pub use jq_projection::JqProjection;
pub use jq_reducer::JQ_REDUCER;
pub use jq_reducer::jq_reducer;
pub use jq_reducer::jq_row;
pub use note::Note;
pub use own_reducer::own_reducer;
pub use projection::Projection;
pub use reducer::GENERIC_REDUCERS;
pub use reducer::generic_reducer;
pub use rejection::Rejection;
pub use upcast::Upcaster;
pub use upcast::decode_data;

pub use serde_json::Error as JsonError;
pub use serde_json::Value as JsonValue;
pub use serde_json::from_str as read_data;
