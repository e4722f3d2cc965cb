//! Stores of an application that uses the library: with esctl as it is, and with an esctl of the application.

mod commands;
mod domain;
mod own_program;
mod read_models;
mod served;
mod snapshots;
