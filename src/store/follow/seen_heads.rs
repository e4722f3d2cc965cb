//! The heads that were seen, and the transactions for which the holes before them wait.
//!
//! Transactions take numbers in their order. So the one that took a number below a visible row had begun before that row was
//! read. At the next poll it is among the open transactions, or it has ended and its row is visible.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::time::Duration;

use crate::event::Timestamp;
use crate::store::follow::writers::Writer;
use crate::store::follow::writers::Writers;

/// The number of heads that are kept. While one waits for a long transaction, holes after the last kept one wait for later
/// polls.
const KEPT: usize = 32;
/// The shortest wait at a hole on a standby, which does not see all transactions.
const PATIENCE_ON_STANDBY: Duration = Duration::from_secs(2);
/// The wait at a hole where the database names no transactions.
const PATIENCE: Duration = Duration::from_secs(1);

/// The heads that were seen, in ascending order.
#[derive(Debug, Clone)]
pub(super) struct SeenHeads {
    heads: VecDeque<SeenHead>,
    /// Holes up to here are dead: no open transaction fills them.
    dead_to: i64,
    /// The identities of the prepared transactions of the last poll, and of the one before.
    prepared: [BTreeSet<String>; 2],
}

#[derive(Debug, Clone)]
struct SeenHead {
    head: i64,
    seen_at: Timestamp,
    /// The rest of the transactions that were open at the next poll; `None` before that poll.
    waits_for: Option<WaitsFor>,
}

#[derive(Debug, Clone)]
enum WaitsFor {
    /// These transactions.
    Writers(Vec<Writer>),
    /// All transactions below this number.
    Below(u64),
    /// Time to pass.
    Time,
}

impl SeenHeads {
    pub(super) fn new() -> Self {
        Self { heads: VecDeque::new(), dead_to: i64::MIN, prepared: Default::default() }
    }

    /// Takes the open transactions of a poll, read before its rows. Returns the number up to which holes in these rows are
    /// dead.
    pub(super) fn poll(&mut self, writers: &Writers, now: Timestamp) -> i64 {
        for head in &mut self.heads {
            head.waits_for = Some(match (head.waits_for.take(), writers) {
                (Some(WaitsFor::Writers(waiting)), Writers::Open(open)) => {
                    WaitsFor::Writers(still_open(&waiting, open, &self.prepared[1]))
                }
                (Some(waits @ WaitsFor::Below(_)), Writers::Horizon { .. }) => waits,
                (_, Writers::Open(open)) => WaitsFor::Writers(open.clone()),
                (_, Writers::Horizon { next, .. }) => WaitsFor::Below(*next),
                (_, Writers::Unknown | Writers::InOrder) => WaitsFor::Time,
            });
        }
        let open: &[_] = if let Writers::Open(open) = writers { open } else { &[] };
        let prepared = open.iter().filter(|one| one.prepared).map(|one| one.id.clone()).collect();
        self.prepared = [prepared, std::mem::take(&mut self.prepared[0])];
        let dead = self.heads.iter().filter(|head| head.is_dead(writers, now)).map(|head| head.head).max();
        self.dead_to = self.dead_to.max(dead.unwrap_or(i64::MIN));
        self.heads.retain(|head| head.head > self.dead_to);
        if *writers == Writers::InOrder { i64::MAX } else { self.dead_to }
    }

    /// Notes the highest visible number of a poll.
    pub(super) fn note(&mut self, head: i64, now: Timestamp) {
        let is_higher = self.heads.back().map_or(head > self.dead_to, |last| head > last.head);
        if is_higher && self.heads.len() < KEPT {
            self.heads.push_back(SeenHead { head, seen_at: now, waits_for: None });
        }
    }

    /// Returns the transactions for which a hole at a number waits, in words and in the order in which the database names them.
    pub(super) fn waits_for(&self, number: i64) -> Vec<String> {
        match self.heads.iter().find(|head| head.head >= number).and_then(|head| head.waits_for.as_ref()) {
            Some(WaitsFor::Writers(waiting)) => waiting.iter().map(|one| one.shown.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Returns the transactions that are still open, as the database shows them now. `earlier` has the prepared transactions of the
/// poll before the last.
///
/// A transaction of a session may have become a prepared one. It is known by its number. Without one it may be any that was
/// prepared since it was seen: after the poll before the last, since that poll may have read sessions before it was prepared, and
/// prepared transactions after that. Only the end of a session adds transactions, so that a wait ends.
fn still_open(waiting: &[Writer], open: &[Writer], earlier: &BTreeSet<String>) -> Vec<Writer> {
    let is_open = |one: &&Writer| open.iter().any(|open| open.id == one.id);
    let ended: Vec<&Writer> = waiting.iter().filter(|one| !one.prepared && !is_open(one)).collect();
    let is_it = |one: &Writer| {
        let numbered = |ended: &&Writer| ended.numbers.iter().any(|number| one.numbers.contains(number));
        let unknown = |ended: &&Writer| ended.numbers.is_empty() && !earlier.contains(&one.id);
        one.prepared && ended.iter().any(|ended| numbered(ended) || unknown(ended))
    };
    open.iter().filter(|one| waiting.iter().any(|waiting| waiting.id == one.id) || is_it(one)).cloned().collect()
}

impl SeenHead {
    fn is_dead(&self, writers: &Writers, now: Timestamp) -> bool {
        let waited = Duration::from_micros(now.micros_since(self.seen_at));
        match (&self.waits_for, writers) {
            (Some(WaitsFor::Writers(waiting)), _) => waiting.is_empty(),
            (Some(WaitsFor::Below(next)), Writers::Horizon { oldest, .. }) => oldest >= next && waited >= PATIENCE_ON_STANDBY,
            (Some(WaitsFor::Time), _) => waited >= PATIENCE,
            _ => false,
        }
    }
}
