//! `esctl doc` as people and scripts meet it: the whole program, on each backend.

mod changes;
mod history;
mod reading;
mod support;
