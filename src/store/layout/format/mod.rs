//! Parses the TOML of a layout into its model. Each mistake is reported with its place.

mod events;
mod names;
mod origin;
mod read;
mod rows;
mod rules;
mod scope;
mod section;

pub(super) use names::check_name;
pub use origin::Origin;
pub use read::parse;

#[cfg(test)]
mod tests;
