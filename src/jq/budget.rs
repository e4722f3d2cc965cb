//! The budget of a run, and the way a run is stopped.
//!
//! The interpreter copies its context for each evaluation, and the budget is a part of the context. So each copy is a step. A
//! program must not be able to catch the end of its budget as an error, so the run is unwound like a panic, but without its
//! output.

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
use crate::jq::stack;
use crate::jq::value::JqValue;

/// The data type of programs: JSON values, and a budget with the program's table.
pub(super) struct Limited;

impl DataT for Limited {
    type V<'a> = JqValue;
    type Data<'a> = Budget<'a>;
}

/// The remaining budget of a run. A copy costs a step.
pub(super) struct Budget<'a> {
    lut: &'a Lut<Limited>,
    /// The steps of the whole run, and the remaining ones.
    steps: &'a (u64, Cell<u64>),
    /// The stack pointer at the start of the run.
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
    /// Returns a full budget.
    pub(super) fn new(lut: &'a Lut<Limited>, steps: &'a (u64, Cell<u64>)) -> Self {
        Self { lut, steps, stack: stack_pointer() }
    }

    /// Charges steps. Ends the run without steps or stack.
    pub(super) fn charge(&self, steps: u64) {
        let (all, left) = self.steps;
        match left.get().checked_sub(steps) {
            Some(rest) => left.set(rest),
            None => stop(Limit::Steps(*all)),
        }
        if self.stack.abs_diff(stack_pointer()) > stack::FOR_RECURSION {
            stop(Limit::Recursion);
        }
    }

    /// Ends the run if a value itself is too large. Its parts were checked when they were made.
    pub(super) fn weigh(&self, value: &JqValue) {
        match value {
            JqValue::TStr(text) | JqValue::BStr(text) => self.weigh_bytes(text.len()),
            JqValue::Arr(items) => self.weigh_items(items.len()),
            JqValue::Obj(members) => self.weigh_items(members.len()),
            _ => {}
        }
    }

    /// Ends the run before a string of too many bytes is made.
    pub(super) fn weigh_bytes(&self, bytes: usize) {
        if bytes > MAX_BYTES {
            stop(Limit::Bytes);
        }
    }

    /// Ends the run before an array or object of too many items is made.
    pub(super) fn weigh_items(&self, items: usize) {
        if items > MAX_ITEMS {
            stop(Limit::Items);
        }
    }

    /// Ends the run before a whole number of too many bits is made.
    pub(super) fn weigh_bits(&self, bits: u64) {
        if bits > MAX_BITS {
            stop(Limit::Bits);
        }
    }
}

/// Returns the approximate stack pointer.
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::hint::black_box(&raw const here).addr()
}

/// The payload that unwinds a run.
struct StopSignal(Limit);

fn stop(limit: Limit) -> ! {
    resume_unwind(Box::new(StopSignal(limit)))
}

/// Runs until the end, or until the budget is used up. Other panics continue.
pub(super) fn until_stopped<R>(run: impl FnOnce() -> R) -> Result<R, Limit> {
    // The state of a stopped run is not used again.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| match payload.downcast::<StopSignal>() {
        Ok(stop) => stop.0,
        Err(panic) => resume_unwind(panic),
    })
}
