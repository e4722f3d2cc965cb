//! `esctl ui` in a real terminal: tmux shows what is on the screen, whatever wrote it there.
#![cfg(unix)]

mod given_back;
#[path = "../faults_postgres/proxy.rs"]
#[allow(dead_code)]
mod proxy;
mod screens;
#[path = "../common/server.rs"]
mod server;
mod servers;
mod tmux;
