//! What belongs together: the trace a request is part of, and the line that the log has of each request.

mod context;
mod line;

pub use context::Trace;
pub use line::Asking;
pub use line::observe;
