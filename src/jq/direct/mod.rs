//! Direct evaluation of common programs.
//!
//! The interpreter makes iterators and copies for each part of a program, which takes most of the time of a short one. Here the
//! part of the language that such programs use is evaluated without them, and on inputs that are read only as far as they are
//! used.
//!
//! A program that uses anything else, fails, or takes many steps is left to the interpreter, from its start: programs have no
//! effects. So its errors and limits are always those of the interpreter. A result must be the same as the interpreter's.

mod compile;
mod evaluate;
mod expression;
mod function;
mod index;
mod operation;
mod steps;
mod update;

#[cfg(test)]
mod tests;

pub(super) use compile::compile;
pub(super) use evaluate::Evaluation;
pub(super) use expression::Expression;

use crate::jq::direct::steps::Stop;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;
use crate::jq::value::check;

/// Returns the result of a program, if there is one. `None` leaves the program to the interpreter.
pub(super) fn at_most_one<'v>(evaluation: &Evaluation, program: &'v Expression, input: Lazy<'v>) -> Option<Option<JqValue>> {
    let mut found = None;
    let take = &mut |value| match found {
        None => {
            found = Some(index::owned(value)?);
            Ok(())
        }
        Some(_) => Err(Stop::LeftOver),
    };
    evaluation.run(program, input, take).ok()?;
    match &found {
        Some(value) => check(value).ok().map(|()| found),
        None => Some(None),
    }
}

/// Returns true if a result of a program is neither `false` nor `null`. `None` leaves the program to the interpreter.
pub(super) fn holds<'v>(evaluation: &Evaluation, program: &'v Expression, input: Lazy<'v>) -> Option<bool> {
    let take = &mut |value| if index::holds(&value) { Err(Stop::Enough) } else { Ok(()) };
    match evaluation.run(program, input, take) {
        Ok(()) => Some(false),
        Err(Stop::Enough) => Some(true),
        Err(Stop::Raised | Stop::LeftOver) => None,
    }
}
