//! Random writers and a reader that is killed at any step: no event is missed, none is handed out twice.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::event::Timestamp;
use crate::store::follow::sequence::Poll;
use crate::store::follow::sequence::Sequence;
use crate::store::follow::token::FollowToken;
use crate::store::follow::writers::Writer;
use crate::store::follow::writers::Writers;

/// A generator of numbers, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The way in which a writer takes its number.
#[derive(Clone, Copy, PartialEq)]
enum Numbering {
    /// With the insert.
    Default,
    /// First, and the insert comes later in the same transaction.
    Before,
    /// In a transaction before.
    Earlier,
}

/// The work of a writer on one row.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    Idle,
    Numbered(i64),
    Inserted(i64),
    Prepared(i64),
}

struct Session {
    numbering: Numbering,
    work: Work,
    /// The number of its open transaction.
    transaction: Option<u64>,
}

/// A database with writers.
struct World {
    random: Random,
    next_number: i64,
    next_transaction: u64,
    sessions: Vec<Session>,
    visible: BTreeSet<i64>,
    millis: i64,
    stopping: bool,
}

impl World {
    fn new(seed: u64, numberings: &[Numbering]) -> Self {
        let session =
            |number: usize| Session { numbering: numberings[number % numberings.len()], work: Work::Idle, transaction: None };
        Self {
            random: Random(seed),
            next_number: 1,
            next_transaction: 1,
            sessions: (0..6).map(session).collect(),
            visible: BTreeSet::new(),
            millis: 0,
            stopping: false,
        }
    }

    fn take_number(&mut self) -> i64 {
        self.next_number += 1;
        self.next_number - 1
    }

    fn begin(&mut self) -> Option<u64> {
        self.next_transaction += 1;
        Some(self.next_transaction - 1)
    }

    /// Lets some writers go on.
    fn advance(&mut self) {
        for _ in 0..self.random.below(6) {
            let chosen = self.random.below(6) as usize;
            self.millis += 1;
            self.work(chosen);
        }
    }

    fn work(&mut self, chosen: usize) {
        let (numbering, work) = (self.sessions[chosen].numbering, self.sessions[chosen].work);
        let (next, transaction) = match work {
            Work::Idle if self.stopping => return,
            Work::Idle => {
                let (number, transaction) = (self.take_number(), self.begin());
                match numbering {
                    Numbering::Default => (Work::Inserted(number), transaction),
                    Numbering::Before => (Work::Numbered(number), transaction),
                    Numbering::Earlier => (Work::Numbered(number), None),
                }
            }
            Work::Numbered(number) => {
                let transaction = self.sessions[chosen].transaction.or_else(|| self.begin());
                (Work::Inserted(number), transaction)
            }
            Work::Inserted(number) | Work::Prepared(number) => match self.random.below(10) {
                0 => (Work::Idle, None),
                1 if !matches!(work, Work::Prepared(_)) => (Work::Prepared(number), self.sessions[chosen].transaction),
                _ => {
                    self.visible.insert(number);
                    (Work::Idle, None)
                }
            },
        };
        self.sessions[chosen].work = next;
        self.sessions[chosen].transaction = transaction;
    }

    fn writers(&self) -> Writers {
        let open = self.sessions.iter().filter_map(|session| {
            let prepared = matches!(session.work, Work::Prepared(_));
            let transaction = session.transaction?;
            let id = if prepared { format!("prepared {transaction}") } else { format!("session {transaction}") };
            // Only one that has written has a number, and only then it is prepared.
            let has_number = prepared || matches!(session.work, Work::Inserted(_));
            let numbers = has_number.then(|| transaction.to_string()).into_iter().collect();
            Some(Writer { shown: id.clone(), id, prepared, numbers })
        });
        Writers::Open(open.collect())
    }

    fn horizon(&self) -> Writers {
        // Only a transaction that has written has a number.
        let written = self.sessions.iter().filter(|session| matches!(session.work, Work::Inserted(_) | Work::Prepared(_)));
        let oldest = written.filter_map(|session| session.transaction).min().unwrap_or(self.next_transaction);
        Writers::Horizon { oldest, next: self.next_transaction }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + self.millis * 1000).unwrap()
    }
}

/// The work of a reader, as its own transactions recorded it.
#[derive(Default)]
struct Recorded {
    handed_out: BTreeMap<i64, u32>,
    late: usize,
    token: Option<String>,
}

/// Polls once. The reader may be killed at any step: returns `None` then.
fn poll(
    world: &mut World,
    sequence: &mut Sequence,
    writers: fn(&World) -> Writers,
    recorded: &mut Recorded,
    kills: bool,
) -> Option<()> {
    let killed = |world: &mut World| (kills && world.random.below(40) == 0).then_some(());
    let open = writers(world);
    world.advance();
    let head = world.visible.last().copied();
    world.advance();
    let limit = 1 + world.random.below(12) as usize;
    let rows: Vec<i64> = world.visible.range(sequence.last() + 1..).take(limit).copied().collect();
    world.advance();
    let asked = sequence.due(world.now());
    let in_ranges = asked.ranges.iter().flat_map(|(first, last)| world.visible.range(first..=last));
    let late = asked.numbers.iter().filter(|number| world.visible.contains(number)).chain(in_ranges);
    let mut late: Vec<i64> = late.copied().collect();
    late.sort_unstable();
    if killed(world).is_some() {
        return None;
    }
    sequence.answered(&asked, &late, true, world.now());
    let step = sequence.step(&Poll { now: world.now(), writers: &open, head, rows: &rows });
    if killed(world).is_some() {
        return None;
    }
    let mut token = FollowToken::new("simulation".into());
    token.sequence = Some(sequence.to_saved());
    recorded.token = Some(token.to_text());
    recorded.late += late.len();
    for number in late.iter().chain(&rows[..step.count]) {
        *recorded.handed_out.entry(*number).or_default() += 1;
    }
    killed(world).map_or(Some(()), |()| None)
}

fn restored(recorded: &Recorded) -> Sequence {
    let Some(token) = &recorded.token else { return Sequence::after(0, 0) };
    Sequence::of_saved(&FollowToken::parse(token).unwrap().sequence.unwrap())
}

/// Runs writers and a reader; the number of late rows.
fn run(seed: u64, numberings: &[Numbering], writers: fn(&World) -> Writers, kills: bool) -> usize {
    let mut world = World::new(seed, numberings);
    let mut recorded = Recorded::default();
    let mut sequence = restored(&recorded);
    let mut quiet = 0;
    for round in 0..3000 {
        world.stopping = round >= 250;
        world.advance();
        let kills = kills && !world.stopping;
        if poll(&mut world, &mut sequence, writers, &mut recorded, kills).is_none() {
            sequence = restored(&recorded);
        }
        if world.stopping {
            (0..6).for_each(|chosen| world.work(chosen));
            world.millis += 400;
        }
        // Some polls more show that nothing comes twice.
        quiet += usize::from(world.stopping && recorded.handed_out.len() == world.visible.len());
        if quiet > 20 {
            break;
        }
    }
    let missed: Vec<&i64> = world.visible.iter().filter(|number| !recorded.handed_out.contains_key(number)).collect();
    assert!(missed.is_empty(), "seed {seed}: missed {missed:?} of {}", world.visible.len());
    let doubled: Vec<_> = recorded.handed_out.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "seed {seed}: doubled {doubled:?}");
    assert!(recorded.handed_out.keys().all(|number| world.visible.contains(number)) && world.visible.len() > 100);
    recorded.late
}

const SEEDS: u64 = 25;

#[test]
fn no_event_is_missed_and_none_is_doubled_however_numbers_are_taken() {
    let all = [Numbering::Default, Numbering::Before, Numbering::Earlier];
    for seed in 0..SEEDS {
        for kills in [false, true] {
            // Within one transaction, a number is never late.
            assert_eq!(run(seed, &[Numbering::Default], World::writers, kills), 0, "seed {seed}");
            assert_eq!(run(seed, &[Numbering::Default, Numbering::Before], World::writers, kills), 0, "seed {seed}");
            run(seed, &[Numbering::Earlier], World::writers, kills);
            run(seed, &all, World::writers, kills);
        }
    }
}

#[test]
fn no_event_is_missed_where_the_database_names_no_transactions_or_a_horizon() {
    let all = [Numbering::Default, Numbering::Before, Numbering::Earlier];
    let mut late = 0;
    for seed in 0..SEEDS {
        late += run(seed, &all, |_| Writers::Unknown, true);
        late += run(seed, &all, World::horizon, true);
        late += run(seed, &all, |_| Writers::InOrder, true);
    }
    assert!(late > 0);
}
