//! `esctl projection`, as an operator uses it: events that cannot be taken in, pausing, going back, following, kills.

// Not all of what these programs share is needed here.
#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;
mod errors;
mod following;
mod killed;
mod operating;
mod support;
