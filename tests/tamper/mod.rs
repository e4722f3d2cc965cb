//! A store that was changed by other means than esctl: what `verify` finds, what the other commands answer, and the ways out.

mod columns;
mod fields;
mod head;
mod leftovers;
mod raw;
mod ways_out;
