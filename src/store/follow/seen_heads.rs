//! The heads that were seen, and the transactions for which the holes before them wait.
//!
//! Transactions take numbers in their order. So the one that took a number below a visible row had begun before that row was
//! read. At the next poll it is among the open transactions, or it has ended and its row is visible.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::time::Duration;

use crate::event::Timestamp;
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
    /// The prepared transactions of the last poll.
    prepared: BTreeSet<String>,
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
    /// These transactions, by their identities, in words.
    Writers(BTreeMap<String, String>),
    /// All transactions below this number.
    Below(u64),
    /// Time to pass.
    Time,
}

impl SeenHeads {
    pub(super) fn new() -> Self {
        Self { heads: VecDeque::new(), dead_to: i64::MIN, prepared: BTreeSet::new() }
    }

    /// Takes the open transactions of a poll, read before its rows. Returns the number up to which holes in these rows are
    /// dead.
    pub(super) fn poll(&mut self, writers: &Writers, now: Timestamp) -> i64 {
        let open: &[_] = if let Writers::Open(open) = writers { open } else { &[] };
        let prepared: BTreeSet<String> = open.iter().filter(|one| one.prepared).map(|one| one.id.clone()).collect();
        for head in &mut self.heads {
            head.waits_for = Some(match (head.waits_for.take(), writers) {
                (Some(WaitsFor::Writers(mut waiting)), Writers::Open(open)) => {
                    let before = waiting.len();
                    waiting.retain(|id, _| open.iter().any(|one| one.id == *id));
                    if waiting.len() < before {
                        // A transaction of a session may have become a prepared one, under another identity.
                        let new = open.iter().filter(|one| one.prepared && !self.prepared.contains(&one.id));
                        waiting.extend(new.map(|one| (one.id.clone(), one.shown.clone())));
                    }
                    WaitsFor::Writers(waiting)
                }
                (Some(waits @ WaitsFor::Below(_)), Writers::Horizon { .. }) => waits,
                (_, Writers::Open(open)) => {
                    WaitsFor::Writers(open.iter().map(|one| (one.id.clone(), one.shown.clone())).collect())
                }
                (_, Writers::Horizon { next, .. }) => WaitsFor::Below(*next),
                (_, Writers::Unknown | Writers::InOrder) => WaitsFor::Time,
            });
        }
        self.prepared = prepared;
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

    /// Returns the transactions for which a hole at a number waits, in words.
    pub(super) fn waits_for(&self, number: i64) -> Vec<String> {
        match self.heads.iter().find(|head| head.head >= number).and_then(|head| head.waits_for.as_ref()) {
            Some(WaitsFor::Writers(waiting)) => waiting.values().cloned().collect(),
            _ => Vec::new(),
        }
    }
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
