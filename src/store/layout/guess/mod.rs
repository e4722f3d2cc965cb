//! Guesses the layout of a home-grown table from its names, types and indexes, and from a few rows.

mod array;
mod choose;
mod finish;
mod forms;
mod roles;
mod sampled;
mod table;
mod words;
mod write;

pub use finish::Guessed;
pub use roles::Guess;
pub use roles::Note;
pub use table::candidates;
pub use table::name_fault;

#[cfg(test)]
mod tests;
