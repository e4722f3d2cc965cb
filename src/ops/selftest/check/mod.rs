//! The checker: a pure function over a recorded history. It knows no store, and works out nothing with the code of one
//! but hashes.

mod appends;
mod ids;
mod ledger;
mod order;
mod readers;
mod rows;
#[cfg(test)]
mod tests;
mod versions;

use crate::ops::selftest::check::ledger::Index;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::History;
use crate::ops::selftest::promise::Finding;
use crate::ops::selftest::promise::Tried;

/// What the checker says of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Each promise, with how often it was tried and broken.
    pub promises: Vec<Tried>,
    /// The cases in which one did not hold, the first of each promise.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing was found.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Holds a history against every promise.
pub fn check(history: &History) -> Verdict {
    let index = Index::of(history);
    let mut ledger = Ledger::new();
    appends::check(&index, &mut ledger);
    versions::check(&index, &mut ledger);
    ids::check(&index, &mut ledger);
    order::check(&index, &mut ledger);
    readers::check(&index, &mut ledger);
    rows::check(&index, &mut ledger);
    let (promises, findings) = ledger.close();
    Verdict { promises, findings }
}
