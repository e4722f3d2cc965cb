//! `esctl replay` as operators and scripts meet it: the whole program.

#[path = "../common/backend.rs"]
mod backend;
mod category;
#[path = "../common/mod.rs"]
mod common;
mod into;
mod properties;
mod stream;
mod trace;
mod verify;
