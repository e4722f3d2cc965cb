//! The configuration file: its location, its content, its changes, and the settings that take effect.
//!
//! It knows names, URLs and formats as text. It never opens a store.

mod edit;
mod effective;
mod file;
mod load;
mod read;
mod serve;

#[cfg(test)]
mod tests;

pub use effective::Effective;
pub use effective::SettingOrigin;
pub use effective::Sourced;
pub use effective::TypedSettings;
pub(super) use effective::format_name;
pub use file::ConfigFile;
pub use file::Context;
pub use serve::ServeOptions;
