//! The order in which events come to streams.

use crate::event::Version;

/// The share of appends to hot streams, in tenths.
const HOT: u64 = 3;
/// The share of appends to hot and to recent streams, in tenths. The others go to any stream.
const HOT_OR_RECENT: u64 = 8;
/// The number of streams for each hot one.
const STREAMS_A_HOT: u64 = 1000;
/// The number of streams for each recent one.
const STREAMS_A_RECENT: u64 = 100;

/// The usual number of events in a stream.
const EVENTS_A_STREAM: u64 = 10;

/// Returns the number of streams that a number of events usually goes to.
pub fn usual_streams(events: u64) -> u64 {
    events.div_ceil(EVENTS_A_STREAM)
}

/// An order of appends as in real stores: new streams come all the time, a few are hot, most of the others get their events soon after
/// their first one. It is the same in each run.
#[derive(Debug)]
pub(super) struct StreamOrder {
    appends: u64,
    streams: u64,
    made: u64,
    /// The version of each stream that has events.
    versions: Vec<u32>,
    random: u64,
}

impl StreamOrder {
    /// Returns an order of a number of appends, of which each of the streams gets one if there are enough.
    pub(super) fn new(appends: u64, streams: u64) -> Self {
        Self { appends: appends.max(1), streams: streams.max(1), made: 0, versions: Vec::new(), random: 0x9e37_79b9_7f4a_7c15 }
    }

    /// Returns the next stream, from 0, and its version before an append of a number of events.
    pub(super) fn next(&mut self, events: u32) -> (u64, Version) {
        let known = self.versions.len() as u64;
        self.made += 1;
        let wanted = (u128::from(self.made) * u128::from(self.streams)).div_ceil(u128::from(self.appends));
        let number = if known < self.streams && u128::from(known) < wanted {
            self.versions.push(0);
            known
        } else {
            self.known_stream(known)
        };
        // The number is below the number of known streams.
        let version = &mut self.versions[number as usize];
        let before = Version(u64::from(*version));
        *version += events;
        (number, before)
    }

    fn known_stream(&mut self, known: u64) -> u64 {
        match self.random_below(10) {
            tenth if tenth < HOT => self.random_below((known / STREAMS_A_HOT).max(1)),
            tenth if tenth < HOT_OR_RECENT => known - 1 - self.random_below((known / STREAMS_A_RECENT).max(1)),
            _ => self.random_below(known),
        }
    }

    /// Returns the next number of a xorshift generator (Marsaglia 2003), below a bound.
    fn random_below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}

#[cfg(test)]
mod tests {
    use super::StreamOrder;
    use crate::event::Version;

    #[test]
    fn every_stream_gets_events_and_versions_have_no_gap() {
        for (appends, streams) in [(1, 1), (500, 7), (50, 1000), (20_000, 2000), (9999, 9999)] {
            let mut order = StreamOrder::new(appends, streams);
            let mut versions = vec![0; usize::try_from(streams).unwrap()];
            for _ in 0..appends {
                let (number, before) = order.next(2);
                let version = &mut versions[usize::try_from(number).unwrap()];
                assert_eq!(before, Version(*version));
                *version += 2;
            }
            let reached = versions.iter().filter(|version| **version > 0).count() as u64;
            assert_eq!(reached, streams.min(appends));
        }
    }

    #[test]
    fn a_few_streams_are_hot_and_new_ones_come_until_the_end() {
        let (appends, streams) = (100_000, 10_000);
        let mut order = StreamOrder::new(appends, streams);
        let mut counts = vec![0_u32; 10_000];
        let mut new_in_last_tenth = 0;
        for made in 0..appends {
            let (number, before) = order.next(1);
            counts[usize::try_from(number).unwrap()] += 1;
            new_in_last_tenth += u64::from(made >= appends / 10 * 9 && before == Version::ZERO);
        }
        assert_eq!(new_in_last_tenth, streams / 10);
        counts.sort_unstable();
        let hottest: u32 = counts[counts.len() - 10..].iter().sum();
        let median = counts[counts.len() / 2];
        assert!(hottest > 20_000 && (2..=12).contains(&median), "{hottest} {median}");
    }
}
