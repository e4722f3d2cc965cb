//! Operate event stores.

pub mod aggregate;
pub mod cli;
pub mod domain;
pub mod event;
pub mod ops;
pub mod runtime;
pub mod store;
