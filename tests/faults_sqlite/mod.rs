//! Faults of a store in a SQLite file: damage, other processes, kills, a full disk, missing rights.

mod damage;
mod full_disk;
mod helper;
mod places;
mod processes;
mod removed;
mod replaced;
