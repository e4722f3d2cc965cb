//! Documents through the library, on each backend: typed values in a store, and what clients have missed.

#[path = "../common/any_document.rs"]
mod any_document;
#[path = "../common/backend.rs"]
mod backend;
mod clients;
mod typed;
