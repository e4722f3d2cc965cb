//! The remaining steps of an evaluation, and the reasons why it ends early.

use std::cell::Cell;

use crate::jq::value::JqValue;

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
        Self(Cell::new(of_interpreter / STEPS))
    }

    /// Charges steps. Without steps the program is left to the interpreter.
    pub(super) fn charge(&self, steps: usize) -> Result<(), Stop> {
        let left = self.0.get().checked_sub(steps as u64).ok_or(Stop::LeftOver)?;
        self.0.set(left);
        Ok(())
    }

    /// Charges a step for each part of a value, before all of them are visited.
    pub(super) fn visit(&self, value: &JqValue) -> Result<(), Stop> {
        match value {
            JqValue::Null | JqValue::Bool(_) | JqValue::Num(_) => Ok(()),
            JqValue::TStr(text) | JqValue::BStr(text) => self.charge(text.len() / 64),
            JqValue::Arr(items) => {
                self.charge(1 + items.len())?;
                items.iter().try_for_each(|item| self.visit(item))
            }
            JqValue::Obj(members) => {
                self.charge(1 + 2 * members.len())?;
                members.iter().try_for_each(|(name, value)| {
                    self.visit(name)?;
                    self.visit(value)
                })
            }
        }
    }
}
