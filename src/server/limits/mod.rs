//! Limits on a request or client: size, depth, time and rate.

pub(super) mod body;
pub(super) mod rate;
pub(super) mod timeout;
