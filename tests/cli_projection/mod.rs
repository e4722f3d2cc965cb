//! `esctl projection`, as an operator uses it: events that cannot be taken in, pausing, going back, following, kills.

mod errors;
mod following;
mod killed;
mod operating;
mod schema;
mod support;
