//! The runtime over a real store: command bus, snapshots, projections.

mod command_bus;
mod kit;
mod own_domain;
mod projections;
mod snapshots;
mod verify;
