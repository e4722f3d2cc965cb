//! `esctl projection`, as an operator uses it: events that fail to apply, pausing, rollback, following, kills.

mod errors;
mod following;
mod killed;
mod operating;
mod schema;
mod support;
mod verify;
