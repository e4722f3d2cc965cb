//! The rules of the resource domain, as tables and as properties. No store, no clock.

mod properties;
mod reading;
mod rules;
mod support;
mod views;
