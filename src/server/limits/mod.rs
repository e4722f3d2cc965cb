//! What one request or client may take: bytes, depth, time, how often.

pub(super) mod body;
pub(super) mod rate;
pub(super) mod timeout;
