//! Faults that only a server on a network has: wrong passwords, foreign tables, connections that break at the
//! worst moment. Each test has a database of its own on the server of `ESCTL_TEST_POSTGRES`.

mod broken;
mod helper;
mod order;
mod pooled;
mod refused;
