//! The viewer without a terminal and without a store.

mod model;
mod view;
mod world;
