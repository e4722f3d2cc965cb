//! Completion from the store: what a shell asks, and what it is told; and bash itself, where it is there.
#![cfg(unix)]

mod asked;
#[path = "../common/backend.rs"]
mod backend;
mod bash;
#[path = "../common/mod.rs"]
mod common;
mod everywhere;
mod shell;
