//! The edge: what people and scripts type, what they read back, and the code the program ends with.
//!
//! Parsing, printing and nothing else; what is done in between lives in the layers above.

pub mod error;
pub mod exit;
pub mod input;
pub mod lines;
pub mod output;
pub mod when;

pub use error::CliError;
pub use error::nearest;
pub use output::Output;
