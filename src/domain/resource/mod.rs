//! Resources: an amount that is allocated, added to, locked, and that regenerates with time.
//!
//! In the order of the flow: events → state → regeneration → command → decide → rejection → what is
//! shown → read model. All of it is pure: the moment comes in as an argument.

mod access;
mod aggregate;
mod command;
mod decide;
mod event;
mod read_model;
mod regeneration;
mod rejection;
mod schema;
mod state;

pub(in crate::domain) use access::ACCESS;
pub use command::CreateResource;
pub use command::DEFAULT_LOCK;
pub use command::ResourceCommand;
pub use event::ResourceAdded;
pub use event::ResourceAllocated;
pub use event::ResourceCreated;
pub use event::ResourceEvent;
pub use event::ResourceLocked;
pub use event::ResourceUnlocked;
pub use read_model::RESOURCES;
pub use regeneration::Regeneration;
pub use rejection::ResourceRejection;
pub use schema::CLIENT_FIELDS;
pub use schema::ResourceView;
pub use schema::client_event;
pub use schema::client_schema;
pub use state::Resource;
