//! The runtime over a real store: command bus, snapshots, projections.

mod command_bus;
mod kit;
mod projections;
mod snapshots;
mod verify;
