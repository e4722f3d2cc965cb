//! The history checker of `esctl selftest`, plain and with faults in between: writers that are killed, connections that are
//! cut, servers that stop, die and change their primary. Whatever happens, each promise holds for what was written down.

mod helper;
mod mongodb;
mod plain;
mod postgres;
mod replica_set;
mod sqlite;
mod trial;
