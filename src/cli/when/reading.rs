//! The reading of a text as an instant.

/// The reading of a text as an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The text names the instant.
    Exact,
    /// A local time.
    Local,
    /// A local time that a clock change skips, moved on by the gap.
    Skipped,
    /// A local time that occurs twice; the first one.
    Twice,
}
