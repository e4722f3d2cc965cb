//! HTTP, WebSocket and SSE over the use cases: the second front end, beside the command line.
//!
//! A request is taken in by `listen`, admitted by `admit` (origin, token, rate) and answered by a handler in `http`,
//! which parses, calls a use case or the command bus, and renders. What a caller may see is said in one place, `sight`;
//! what they may do in `acting`. The state of the world is the store: a server can be killed, and another take over.

mod acting;
mod activity;
mod admit;
mod auth;
mod caller;
mod commands;
mod http;
mod jobs;
mod limits;
mod listen;
mod live;
pub mod metrics;
pub mod news;
mod origins;
mod problem;
mod projections;
mod routes;
#[allow(clippy::module_inception, reason = "it is what the layer is about")]
mod server;
pub mod settings;
mod sight;
mod trace;

pub use auth::KeyError;
pub use caller::Caller;
pub use caller::Scope;
pub use caller::Scopes;
pub use commands::CommandRequest;
pub use listen::Ended;
pub use listen::Listening;
pub use origins::OriginError;
pub use problem::ErrorBody;
pub use problem::ErrorDetail;
pub use problem::Problem;
pub use routes::description;
pub use server::Server;
pub use server::StartError;
pub use settings::Settings;
