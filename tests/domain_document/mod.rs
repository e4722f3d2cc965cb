//! The rules of the document domain, as tables and as properties. No store, no clock.

mod patches;
mod properties;
mod reading;
mod rules;
mod support;
mod views;
