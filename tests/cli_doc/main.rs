//! `esctl doc` as people and scripts meet it: the whole program, on each backend.

#[path = "../common/backend.rs"]
mod backend;
mod changes;
#[path = "../common/mod.rs"]
mod common;
mod history;
mod reading;
mod support;
