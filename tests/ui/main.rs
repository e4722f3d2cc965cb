//! `esctl ui` in a real terminal: tmux shows what is on the screen, whatever wrote it there.
#![cfg(unix)]

mod given_back;
#[path = "../common/proxy.rs"]
mod proxy;
mod screens;
#[path = "../common/server.rs"]
mod server;
mod servers;
mod tmux;
