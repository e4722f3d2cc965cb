//! Operate event stores.

pub mod aggregate;
pub mod event;
pub mod store;
