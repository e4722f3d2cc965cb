//! Operate event stores.

pub mod event;
pub mod aggregate;
