//! The only place that prints: results to stdout in one of five formats, everything else to stderr.
//!
//! Text from a store is made safe here before it can reach a terminal.

mod aligned_fields;
mod cell;
mod confirm;
mod csv_row;
mod fit;
mod github_annotations;
mod grid;
mod input_event;
mod json_parts;
mod list;
mod list_formats;
mod listing;
mod log;
mod message;
mod printer;
mod progress;
pub(crate) mod readable;
mod safe_json;
#[cfg(feature = "ui")]
pub(crate) mod screen;
#[cfg(not(feature = "ui"))]
#[path = "absent/screen.rs"]
pub(crate) mod screen;
mod settings;
mod sheet;
mod sink;
mod stdout;
mod yaml;

#[cfg(test)]
mod tests;

pub use cell::Cell;
pub use cell::Tone;
pub use input_event::InputEvent;
pub use input_event::Key;
pub use list::ListWriter;
pub use listing::Listing;
pub use log::LogFormat;
pub(crate) use log::check_log_variable;
pub(crate) use log::log_of_server_to_stderr;
pub(crate) use log::log_to_stderr;
pub(crate) use message::print_panic;
pub use printer::Output;
pub use progress::ProgressHandle;
pub(crate) use screen::give_back;
pub use settings::Format;
pub use settings::OutputSettings;
pub use sheet::Sheet;
pub(crate) use sink::STDOUT_UNAVAILABLE;
