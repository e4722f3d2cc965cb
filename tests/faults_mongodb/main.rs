//! What can happen to a store in MongoDB: other processes, kills, a server that stops or is cut off, somebody else's
//! database, missing rights, and a projection that is broken off between its steps.

#[path = "../common/backend.rs"]
mod backend;
mod connection;
mod helper;
#[path = "../conformance/kit.rs"]
mod kit;
#[path = "../common/own_server.rs"]
mod own_server;
mod places;
#[path = "../common/process.rs"]
mod process;
mod processes;
#[path = "../common/proxy.rs"]
mod proxy;
mod read_models;
mod rights;
#[path = "../common/writers.rs"]
mod writers;
