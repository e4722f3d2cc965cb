//! The history checker of `esctl selftest`, plain and with faults in between: writers that are killed, connections that are
//! cut, servers that stop, die and change their primary. Whatever happens, each promise holds for what was written down.

#[path = "../common/backend.rs"]
mod backend;
mod helper;
mod mongodb;
#[path = "../common/own_server.rs"]
mod own_server;
mod plain;
mod postgres;
#[path = "../common/process.rs"]
mod process;
#[path = "../common/proxy.rs"]
mod proxy;
mod replica_set;
mod sqlite;
mod trial;
