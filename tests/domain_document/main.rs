//! The rules of the document domain, as tables and as properties. No store, no clock.

#[path = "../common/any_document.rs"]
mod any_document;
mod patches;
mod properties;
mod reading;
mod rules;
mod support;
mod views;
