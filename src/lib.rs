//! Operate event stores.

pub mod aggregate;
pub mod cli;
pub mod event;
