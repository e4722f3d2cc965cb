//! Completion from the store: the question of a shell and the answer; and bash itself, where it is installed.
#![cfg(unix)]

mod asked;
mod bash;
mod everywhere;
mod shell;
