//! `esctl ui` in a real terminal: tmux shows what is on the screen, whatever wrote it there.
#![cfg(unix)]

mod given_back;
mod screens;
mod tmux;
mod unavailable;
