//! jq programs that run inside the process, from JSON to JSON.
//!
//! A program is compiled once and run for each event. It has no access to files, environment, clock or other input. It cannot end
//! the process either: a loop exceeds [steps](MAX_STEPS), and recursion and large values have limits too. The same program is
//! stopped at the same point everywhere. Only a single call of a built-in function can take very long, for instance a comparison
//! of values with many shared parts. [`running`] lets a program watch for that.

#[cfg(feature = "jq")]
mod budget;
#[cfg(feature = "jq")]
mod direct;
mod error;
#[cfg(feature = "jq")]
mod functions;
#[cfg(feature = "jq")]
mod guard;
mod lazy;
mod limit;
#[cfg(feature = "jq")]
mod program;
#[cfg(not(feature = "jq"))]
#[path = "absent/program.rs"]
mod program;
#[cfg(feature = "jq")]
mod regex;
mod stack;
#[cfg(feature = "jq")]
mod value;
#[cfg(not(feature = "jq"))]
#[path = "absent/value.rs"]
mod value;
mod watchdog;

#[cfg(test)]
mod tests;

pub use error::JqError;
pub use error::RunError;
pub use error::SyntaxError;
pub use lazy::Lazy;
pub use lazy::LazyJson;
pub use lazy::LazyObject;
pub(crate) use lazy::made_once;
pub use limit::Limit;
pub use limit::MAX_BYTES;
pub use limit::MAX_ITEMS;
pub use limit::MAX_STEPS;
pub use program::JqProgram;
pub use program::MAX_PROGRAM_BYTES;
pub use stack::LARGE_STACK;
pub use stack::on_a_large_stack;
pub use stack::this_stack_is_large;
pub use value::JqValue;
pub use value::MAX_DEPTH;
pub use value::from_json;
pub use value::from_text;
pub use value::integer;
pub use value::is_object;
pub use value::object;
pub use value::text;
pub use value::to_json;
pub use value::to_text;
pub use watchdog::RunningProgram;
pub use watchdog::running;
pub use watchdog::runs;
