//! The remaining steps of an evaluation, and the reasons why it ends early.

use std::cell::Cell;

use crate::jq::limit::MAX_STEPS;
use crate::jq::value::JqValue;
use crate::jq::value::MAX_DEPTH;

/// Maximum number of steps of the interpreter for a step here. So an evaluation that ends here ends there as well.
const STEPS: u64 = 64;

/// The reason why an evaluation ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The program raised an error.
    Raised,
    /// The program is left to the interpreter.
    LeftOver,
    /// No further result is needed.
    Enough,
}

/// The remaining steps of an evaluation.
pub(super) struct Steps(Cell<u64>);

impl Steps {
    /// Returns the steps of a program that may take a number of steps in the interpreter.
    pub(super) fn new(of_interpreter: u64) -> Self {
        // Values are so small then that the interpreter refuses none of them for its size.
        Self(Cell::new(of_interpreter.min(MAX_STEPS) / STEPS))
    }

    /// Charges steps. Without steps the program is left to the interpreter.
    pub(super) fn charge(&self, steps: usize) -> Result<(), Stop> {
        let left = self.0.get().checked_sub(steps as u64).ok_or(Stop::LeftOver)?;
        self.0.set(left);
        Ok(())
    }

    /// Charges a step for each part of a value, before all of them are visited. A value that is nested deeply is left to the
    /// interpreter, which refuses some of them.
    pub(super) fn visit(&self, value: &JqValue) -> Result<(), Stop> {
        self.visit_within(value, MAX_DEPTH - 1)
    }

    fn visit_within(&self, value: &JqValue, depth: usize) -> Result<(), Stop> {
        let below = |value| self.visit_within(value, depth.checked_sub(1).ok_or(Stop::LeftOver)?);
        match value {
            JqValue::Null | JqValue::Bool(_) | JqValue::Num(_) => Ok(()),
            JqValue::TStr(text) | JqValue::BStr(text) => self.charge(text.len() / 64),
            JqValue::Arr(items) => {
                self.charge(1 + items.len())?;
                items.iter().try_for_each(below)
            }
            JqValue::Obj(members) => {
                self.charge(1 + 2 * members.len())?;
                members.iter().try_for_each(|(name, value)| {
                    below(name)?;
                    below(value)
                })
            }
        }
    }
}
