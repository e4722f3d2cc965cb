//! Layouts of stores that other programs wrote: the built-in ones, their fit to a database, and a guess.

mod check;
mod detect;
mod guess;
mod list;
mod not_readable;
mod show;

pub use check::CheckReport;
pub use check::CheckedTable;
pub use check::Finding;
pub use check::check;
pub use detect::DetectReport;
pub use detect::DetectedLayout;
pub use detect::detect;
pub use guess::GuessNote;
pub use guess::GuessReport;
pub use guess::guess;
pub use list::ListedLayout;
pub use list::list_layouts;
pub use show::ShownLayout;
pub use show::layout_in_file;
pub use show::show_layout;
