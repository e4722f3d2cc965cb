//! Faults of a store in MongoDB: other processes, kills, a server that stops or is cut off, a foreign
//! database, missing rights, and a projection that is broken off between its steps.

mod connection;
mod helper;
mod places;
mod processes;
mod read_models;
mod rights;
