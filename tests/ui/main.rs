//! `esctl ui` in a real terminal: tmux shows what is on the screen, whatever wrote it there.
#![cfg(unix)]

mod away;
#[path = "../common/backend.rs"]
mod backend;
#[path = "../common/mod.rs"]
mod common;
mod given_back;
#[path = "../common/proxy.rs"]
mod proxy;
mod screens;
mod tmux;
