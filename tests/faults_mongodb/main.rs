//! What can happen to a store in MongoDB: other processes, kills, a server that stops or is cut off, somebody else's
//! database, missing rights, and a projection that is broken off between its steps.

mod connection;
mod helper;
#[path = "../conformance/kit.rs"]
mod kit;
mod places;
#[path = "../common/process.rs"]
mod process;
mod processes;
#[path = "../common/proxy.rs"]
mod proxy;
mod read_models;
mod rights;
#[path = "../common/mongod.rs"]
mod server;
#[path = "../common/writers.rs"]
mod writers;
