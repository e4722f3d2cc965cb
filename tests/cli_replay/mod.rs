//! `esctl replay` as operators and scripts meet it: the whole program.

mod category;
mod into;
mod properties;
mod stream;
mod trace;
mod verify;
