//! jq programs, run inside the process: JSON in, JSON out, nothing else.
//!
//! A program is compiled once and run for each event. It sees only what it is given: no files, no environment, no
//! clock, no input but its own. It cannot take the process with it either: what loops runs out of
//! [steps](MAX_STEPS), what recurses too deep or makes too much is stopped as well, and the same program stops at the
//! same place everywhere. Only a single built-in function that takes very long (comparing values whose parts are shared
//! many times over, say) is beyond these limits; [`running`] lets an edge watch for that.

#[cfg(feature = "jq")]
mod budget;
mod error;
#[cfg(feature = "jq")]
mod functions;
#[cfg(feature = "jq")]
mod guard;
mod limit;
#[cfg(feature = "jq")]
mod program;
#[cfg(not(feature = "jq"))]
#[path = "absent/program.rs"]
mod program;
#[cfg(feature = "jq")]
mod regex;
mod room;
#[cfg(feature = "jq")]
mod value;
#[cfg(not(feature = "jq"))]
#[path = "absent/value.rs"]
mod value;
mod watch;

#[cfg(test)]
mod tests;

pub use error::JqError;
pub use error::SyntaxError;
pub use limit::Limit;
pub use limit::MAX_BYTES;
pub use limit::MAX_ITEMS;
pub use limit::MAX_STEPS;
pub use program::MAX_PROGRAM_BYTES;
pub use program::Program;
pub use room::LARGE_STACK;
pub use room::on_a_large_stack;
pub use room::this_stack_is_large;
pub use value::JqValue;
pub use value::MAX_DEPTH;
pub use value::from_json;
pub use value::from_text;
pub use value::integer;
pub use value::is_object;
pub use value::object;
pub use value::text;
pub use value::to_json;
pub use watch::Running;
pub use watch::running;
pub use watch::runs;
