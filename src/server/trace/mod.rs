//! Trace context of requests, and the log line of each request.

mod context;
mod line;

pub use context::TraceContext;
pub use line::ClientName;
pub use line::observe;
