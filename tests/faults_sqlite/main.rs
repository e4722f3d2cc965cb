//! What can happen to a store in a SQLite file: damage, other processes, kills, a full disk, missing rights.

mod damage;
mod helper;
#[path = "../conformance/kit.rs"]
mod kit;
mod places;
#[path = "../common/process.rs"]
mod process;
mod processes;
mod removed;
mod replaced;
mod room;
#[path = "../common/writers.rs"]
mod writers;
