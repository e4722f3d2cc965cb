//! The configuration file: where it is, what it says, how it is changed, and what of it counts.
//!
//! It only knows the edge: names, URLs and formats as text. Nothing here opens a store.

mod edit;
mod effective;
mod file;
mod read;
mod serve;

#[cfg(test)]
mod tests;

pub use effective::Effective;
pub use effective::Origin;
pub use effective::Sourced;
pub use effective::Typed;
pub(super) use effective::format_name;
pub use file::ConfigFile;
pub use file::Context;
pub use serve::ServeOptions;
