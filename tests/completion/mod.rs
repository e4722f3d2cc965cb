//! Completion from the store: what a shell asks, and what it is told; and bash itself, where it is there.
#![cfg(unix)]

mod asked;
mod bash;
mod everywhere;
mod shell;
