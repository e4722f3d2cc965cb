//! `esctl scenario` as people and continuous integration meet it: the whole program.

#[path = "../common/backend.rs"]
mod backend;
mod bad_files;
#[path = "../common/mod.rs"]
mod common;
mod expectations;
mod interrupted;
mod reports;
mod runs;
mod support;
