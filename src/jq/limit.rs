//! The limits of programs.

use thiserror::Error;

/// Default maximum number of steps of a run: a fraction of a second in an optimised build.
pub const MAX_STEPS: u64 = 5_000_000;
/// Maximum size of a string in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// Maximum number of elements of an array or members of an object.
pub const MAX_ITEMS: usize = 1 << 20;
/// Maximum number of bits of a whole number during a run. A result has at most 64.
pub const MAX_BITS: u64 = 4096;

/// The limit that a program exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Limit {
    /// The number of steps.
    #[error("it took more than {0} steps; does it loop?")]
    Steps(u64),
    /// The depth of recursion.
    #[error("it recurses too deep")]
    Recursion,
    /// The size of a string.
    #[error("it made a string of more than {MAX_BYTES} bytes")]
    Bytes,
    /// The size of an array or object.
    #[error("it made an array or an object of more than {MAX_ITEMS} items")]
    Items,
    /// The size of a number.
    #[error("it made a whole number of more than {MAX_BITS} bits")]
    Bits,
    /// The memory for the stack.
    #[error("not enough memory for its stack")]
    NoStack,
}
