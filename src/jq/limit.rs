//! The limits that a program runs under.

use thiserror::Error;

/// Steps that one run of a program may take, unless told: a fraction of a second of work, optimised.
pub const MAX_STEPS: u64 = 5_000_000;
/// Bytes that one string may have.
pub const MAX_BYTES: usize = 16 << 20;
/// Elements that one array, or members that one object may have.
pub const MAX_ITEMS: usize = 1 << 20;
/// Bits that one whole number may have on the way; a result has 64.
pub const MAX_BITS: u64 = 4096;

/// The limit that stopped a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Limit {
    /// More steps than this.
    #[error("it took more than {0} steps; does it loop?")]
    Steps(u64),
    /// Too deep a recursion.
    #[error("it recurses too deep")]
    Recursion,
    /// Too long a string.
    #[error("it made a string of more than {MAX_BYTES} bytes")]
    Bytes,
    /// Too long an array or too large an object.
    #[error("it made an array or an object of more than {MAX_ITEMS} items")]
    Items,
    /// Too large a number.
    #[error("it made a whole number of more than {MAX_BITS} bits")]
    Bits,
    /// No stack to run on.
    #[error("there is no memory for the stack it runs on")]
    NoStack,
}
