//! The origin of a layout.

/// The origin of a layout, which decides on what it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A part of this program.
    BuiltIn,
    /// A file of a user.
    User,
}
