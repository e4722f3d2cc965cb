//! The runtime over a real store: command bus, snapshots, projections.

mod command_bus;
mod hot_stream;
mod kit;
mod own_domain;
mod projections;
mod serial_order;
mod snapshots;
mod verify;
