//! Documents through the library, on each backend: typed values in a store, and what clients have missed.

mod clients;
mod typed;
