//! The checker: a pure function of a recorded history. It does not use the store or its code, except for hashes.

mod appends;
mod ids;
mod ledger;
mod order;
mod readers;
mod rows;
#[cfg(test)]
mod tests;
mod versions;

use crate::ops::selftest::check::ledger::HistoryIndex;
use crate::ops::selftest::check::ledger::Ledger;
use crate::ops::selftest::history::SelftestHistory;
use crate::ops::selftest::promise::BrokenPromise;
use crate::ops::selftest::promise::PromiseResult;

/// The result of checking a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Each promise, with the number of times that it was tried and broken.
    pub promises: Vec<PromiseResult>,
    /// The first cases of each promise in which it did not hold.
    pub findings: Vec<BrokenPromise>,
}

impl CheckResult {
    /// Returns true if every promise held.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks a history against every promise.
pub fn check(history: &SelftestHistory) -> CheckResult {
    let index = HistoryIndex::of(history);
    let mut ledger = Ledger::new();
    appends::check(&index, &mut ledger);
    versions::check(&index, &mut ledger);
    ids::check(&index, &mut ledger);
    order::check(&index, &mut ledger);
    readers::check(&index, &mut ledger);
    rows::check(&index, &mut ledger);
    let (promises, findings) = ledger.close();
    CheckResult { promises, findings }
}
