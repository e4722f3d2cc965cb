//! What one run of a program may use up, and how it is stopped.
//!
//! The interpreter copies its context for whatever it evaluates, and the budget is a part of the context: so each copy
//! is a step. A program that has used up its budget must not be able to catch that as an error of its own; it
//! is left by unwinding, as by a panic, but without what a panic prints.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::panic::resume_unwind;

use jaq_core::DataT;
use jaq_core::Lut;
use jaq_core::data::HasLut;

use crate::jq::limit::Limit;
use crate::jq::limit::MAX_BITS;
use crate::jq::limit::MAX_BYTES;
use crate::jq::limit::MAX_ITEMS;
use crate::jq::room;
use crate::jq::value::JqValue;

/// The data type of programs: JSON values, and a budget beside the program's table.
pub(super) struct Limited;

impl DataT for Limited {
    type V<'a> = JqValue;
    type Data<'a> = Budget<'a>;
}

/// The rest of what a run may use; a copy is a step.
pub(super) struct Budget<'a> {
    lut: &'a Lut<Limited>,
    /// All of them, and those that are left.
    steps: &'a (u64, Cell<u64>),
    /// Where the stack stood when the run began.
    stack: usize,
}

impl<'a> HasLut<'a, Limited> for Budget<'a> {
    fn lut(&self) -> &'a Lut<Limited> {
        self.lut
    }
}

impl Clone for Budget<'_> {
    fn clone(&self) -> Self {
        self.charge(1);
        Self { lut: self.lut, steps: self.steps, stack: self.stack }
    }
}

impl<'a> Budget<'a> {
    /// A full budget.
    pub(super) fn new(lut: &'a Lut<Limited>, steps: &'a (u64, Cell<u64>)) -> Self {
        Self { lut, steps, stack: stack_pointer() }
    }

    /// Takes steps off; ends the run when there are no more, or no more stack.
    pub(super) fn charge(&self, steps: u64) {
        let (all, left) = self.steps;
        match left.get().checked_sub(steps) {
            Some(rest) => left.set(rest),
            None => stop(Limit::Steps(*all)),
        }
        if self.stack.abs_diff(stack_pointer()) > room::FOR_RECURSION {
            stop(Limit::Recursion);
        }
    }

    /// Ends the run when a value is too large by itself. What it holds was weighed when it was made.
    pub(super) fn weigh(&self, value: &JqValue) {
        match value {
            JqValue::TStr(text) | JqValue::BStr(text) => self.weigh_bytes(text.len()),
            JqValue::Arr(items) => self.weigh_items(items.len()),
            JqValue::Obj(members) => self.weigh_items(members.len()),
            _ => {}
        }
    }

    /// As [`Budget::weigh`], before a string of so many bytes is made.
    pub(super) fn weigh_bytes(&self, bytes: usize) {
        if bytes > MAX_BYTES {
            stop(Limit::Bytes);
        }
    }

    /// As [`Budget::weigh`], before an array or object of so many items is made.
    pub(super) fn weigh_items(&self, items: usize) {
        if items > MAX_ITEMS {
            stop(Limit::Items);
        }
    }

    /// As [`Budget::weigh`], before a whole number of so many bits is made.
    pub(super) fn weigh_bits(&self, bits: u64) {
        if bits > MAX_BITS {
            stop(Limit::Bits);
        }
    }
}

/// About where the stack is.
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::hint::black_box(&raw const here).addr()
}

/// What unwinds a run.
struct Stop(Limit);

fn stop(limit: Limit) -> ! {
    resume_unwind(Box::new(Stop(limit)))
}

/// Runs until the end or until the budget is used up. A panic goes on.
pub(super) fn until_stopped<R>(run: impl FnOnce() -> R) -> Result<R, Limit> {
    // Nothing of what was under way is used again.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| match payload.downcast::<Stop>() {
        Ok(stop) => stop.0,
        Err(panic) => resume_unwind(panic),
    })
}
