//! The tests of the examples. `own_esctl` is not among them: it runs the whole program, which takes over the panics of its process.

#[path = "../examples/documents.rs"]
mod documents;
#[path = "../examples/projection.rs"]
mod projection;
#[path = "../examples/reducer.rs"]
mod reducer;
#[path = "../examples/user.rs"]
mod user;
