//! A stream that somebody follows: its newest events, and who follows it.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;

use crate::event::StreamName;
use crate::event::Version;
use crate::server::live::event::LiveEvent;

/// How many events are kept for those who have not taken them yet, and how many bytes of them.
pub(super) const MOST_EVENTS: usize = 1024;
pub(super) const MOST_BYTES: usize = 1 << 20;
/// How many events are handed out at once, so that nobody's turn is long.
const AT_ONCE: usize = 64;

/// Wakes whoever follows; one for all that a client follows.
pub type Bell = Arc<Notify>;

/// The newest events of one stream, for all who follow it.
pub(super) struct Topic {
    pub(super) stream: StreamName,
    inside: Mutex<Inside>,
}

struct Inside {
    /// Versions without a gap.
    events: VecDeque<Arc<LiveEvent>>,
    bytes: usize,
    /// The version of the newest event that has come; 0: none since somebody follows.
    newest: Version,
    /// Counts how often the follower of the store has lost its place: everybody then asks the store.
    lost: u64,
    /// Counts how often an event of the stream was quarantined or released: its state is another one then.
    restated: u64,
    seats: HashMap<u64, Arc<Seat>>,
    seats_given: u64,
}

/// One who follows.
pub(super) struct Seat {
    bell: Bell,
    /// The version of the last event he has been handed.
    pub(super) seen: AtomicU64,
}

/// What the newest events have for somebody.
pub(super) enum Taken {
    /// The next ones.
    Events(Vec<Arc<LiveEvent>>),
    /// The next one is not among them: it is in the store.
    Missed,
    /// He has all.
    Nothing,
}

impl Topic {
    pub(super) fn new(stream: StreamName) -> Self {
        let (events, seats) = (VecDeque::new(), HashMap::new());
        let inside = Inside { events, bytes: 0, newest: Version::ZERO, lost: 0, restated: 0, seats, seats_given: 0 };
        Self { stream, inside: Mutex::new(inside) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat, and its number.
    pub(super) fn sit_down(&self, seen: Version, bell: Bell) -> (u64, Arc<Seat>) {
        let mut inside = self.inside();
        inside.seats_given += 1;
        let number = inside.seats_given;
        let seat = Arc::new(Seat { bell, seen: AtomicU64::new(seen.0) });
        inside.seats.insert(number, Arc::clone(&seat));
        (number, seat)
    }

    /// How often the place was lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.inside().lost
    }

    /// Returns how often the state has changed by a quarantine or a release.
    pub(super) fn restated(&self) -> u64 {
        self.inside().restated
    }

    /// Records that an event of the stream was quarantined or released, and wakes everybody.
    pub(super) fn restate(&self) {
        let mut inside = self.inside();
        inside.restated += 1;
        inside.seats.values().for_each(|seat| seat.bell.notify_one());
    }

    /// Gives a seat back; whether nobody is left.
    pub(super) fn stand_up(&self, number: u64) -> bool {
        let mut inside = self.inside();
        inside.seats.remove(&number);
        inside.seats.is_empty()
    }

    /// Takes in the next event; nobody is woken yet.
    pub(super) fn push(&self, event: Arc<LiveEvent>) {
        let mut inside = self.inside();
        let follows_on = inside.events.back().is_none_or(|last| last.version().next() == event.version());
        if !follows_on {
            // The store is asked instead: it knows what comes after what.
            inside.events.clear();
            inside.bytes = 0;
        }
        inside.newest = event.version();
        inside.bytes += event.bytes();
        inside.events.push_back(event);
    }

    /// Forgets what all have taken and what is too much, and wakes everybody.
    pub(super) fn ring(&self) {
        let mut inside = self.inside();
        let mut least = u64::MAX;
        for seat in inside.seats.values() {
            least = least.min(seat.seen.load(Ordering::Relaxed));
            seat.bell.notify_one();
        }
        while let Some(first) = inside.events.front() {
            let too_much = inside.events.len() > MOST_EVENTS || (inside.bytes > MOST_BYTES && inside.events.len() > 1);
            if first.version().0 > least && !too_much {
                break;
            }
            inside.bytes -= first.bytes();
            inside.events.pop_front();
        }
    }

    /// The follower of the store has lost its place: what has come in between is in the store only.
    pub(super) fn lose(&self) {
        let mut inside = self.inside();
        inside.events.clear();
        inside.bytes = 0;
        // In a store that was put back to an earlier state there is less now.
        inside.newest = Version::ZERO;
        inside.lost += 1;
        inside.seats.values().for_each(|seat| seat.bell.notify_one());
    }

    /// What follows on a version. `lost` is what the caller knows of lost places, and is brought up to date.
    pub(super) fn after(&self, seen: Version, lost: &mut u64) -> Taken {
        let inside = self.inside();
        if *lost != inside.lost {
            *lost = inside.lost;
            return Taken::Missed;
        }
        if inside.newest <= seen {
            return Taken::Nothing;
        }
        let first = inside.events.front().map(|first| first.version());
        match first.and_then(|first| seen.next().0.checked_sub(first.0)) {
            Some(skipped) => {
                // More than fit into memory are never skipped.
                let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
                Taken::Events(inside.events.iter().skip(skipped).take(AT_ONCE).cloned().collect())
            }
            None => Taken::Missed,
        }
    }
}
