//! The HTTP, WebSocket and SSE server over the use cases, beside the command line.
//!
//! `listen` accepts connections. `admit` checks origin, token and rate. A handler in `http` parses the request, calls a
//! use case or the command bus, and renders the answer. `authorization` decides what a caller may do, and `visibility`
//! what it may see. All state is in the store, so a server can be killed at any time and replaced by another one.

mod activity;
mod admit;
mod auth;
mod authorization;
mod caller;
mod commands;
mod http;
mod http_problem;
mod jobs;
mod limits;
mod listen;
mod live;
pub mod metrics;
pub mod notices;
mod origins;
mod projections;
mod readiness;
mod routes;
#[allow(clippy::module_inception, reason = "the layer is named after its main type")]
mod server;
pub mod settings;
mod token_crypto;
mod trace;
mod visibility;

pub use auth::KeyError;
pub use caller::Caller;
pub use caller::Scope;
pub use caller::Scopes;
pub use commands::CommandRequest;
pub use http_problem::ErrorBody;
pub use http_problem::HttpProblem;
pub use listen::Listening;
pub use listen::ServerEnd;
pub use origins::OriginError;
pub use routes::description;
pub use server::Server;
pub use server::StartError;
pub use settings::Settings;
