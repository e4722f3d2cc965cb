//! Operate event stores.

pub mod aggregate;
pub mod domain;
pub mod event;
pub mod runtime;
pub mod store;
