//! The domains of esctl, and the list of them.
//!
//! A domain is a folder with a category, events, state, decisions and a read model. It does no I/O and has no access to
//! a store or clock. [`Access`] declares which part of it callers of a server may see. An application adds its domains
//! with [`install`].

mod access;
pub mod document;
pub mod game;
mod installed;
mod registry;
pub mod resource;
mod truncate;
mod untyped;

pub use access::Access;
pub use access::Permission;
pub use access::Viewer;
pub use installed::Installed;
pub use installed::install;
pub use registry::all;
pub use registry::built_in;
pub use registry::of_application;
pub use registry::of_category;
pub use registry::projections;
pub use registry::projections_of_application;
pub use untyped::Domain;
