//! A store that was changed by other means than esctl: what `verify` finds, what the other commands answer, and the ways out.

#[path = "../common/backend.rs"]
mod backend;
mod columns;
#[path = "../common/mod.rs"]
mod common;
mod fields;
mod head;
mod leftovers;
mod raw;
mod ways_out;
