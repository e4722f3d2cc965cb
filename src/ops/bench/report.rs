//! Reports of benchmarks.

use std::time::Duration;

use serde::Serialize;

use crate::ops::bench::memory::peak_memory_bytes;

/// The rates of the store and of the bare database, from the same run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    /// `append`, `read`, `replay` or `project`.
    pub what: &'static str,
    /// The number of events on each side.
    pub events: u64,
    /// The number of events in the store before it was measured; 0 unless wanted.
    #[serde(skip_serializing_if = "is_zero")]
    pub existing: u64,
    /// The number of events in an append.
    pub batch: usize,
    /// The number of appends in a commit of a writer.
    #[serde(skip_serializing_if = "is_one")]
    pub group: usize,
    /// The number of concurrent writers.
    pub writers: usize,
    /// The number of streams; not counted in a store of another program.
    pub streams: Option<u64>,
    /// The median rate of the rounds.
    pub events_per_second: f64,
    /// The median rate of the bare database.
    pub bare_events_per_second: f64,
    /// The rate of the store divided by that of the bare database.
    pub ratio: f64,
    /// The latency of an append for its caller.
    #[serde(flatten)]
    pub latency: Option<Latency>,
    /// The gain of several writers over one.
    #[serde(flatten)]
    pub grouping: Option<Grouping>,
    /// The rate on many streams, for writers that share streams.
    #[serde(flatten)]
    pub spread: Option<Spread>,
    /// The results of commands.
    #[serde(flatten)]
    pub commands: Option<Commands>,
    /// The time compared with a scan, for work that is more than a scan.
    #[serde(flatten)]
    pub beside_scan: Option<BesideScan>,
    /// True if the table of the bare database has the unique indexes of the store.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indexed: bool,
    /// The statement of the bare database.
    pub bare_statement: String,
    /// The peak memory of this process, with the generated events and the bare database, on systems that report it.
    pub peak_memory_bytes: Option<u64>,
    /// The kind of database and its place.
    pub store: String,
    /// The time of the store for the events: the median of the rounds, or all of them if each wrote a part.
    pub seconds: f64,
}

/// The latency of an append for its caller, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// The median.
    pub p50_micros: u64,
    /// The 99th percentile.
    pub p99_micros: u64,
}

/// The gain of concurrent appends, which share commits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Grouping {
    /// The median rate of one writer alone, in the same run.
    pub one_writer_events_per_second: f64,
    /// The rate of all writers divided by that rate.
    pub gain: f64,
}

/// The results of commands that lead to one event each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Commands {
    /// The number of commands that were refused with a conflict.
    pub refused: u64,
}

/// The rate of the same writers on 1,000 streams.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The median rate on 1,000 streams in the same run.
    pub spread_events_per_second: f64,
    /// The rate divided by that rate.
    pub ratio_to_spread: f64,
}

/// A replay or rebuild, compared with a scan of the same store.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BesideScan {
    /// The median rate of the scan alone, in the same run.
    pub scan_events_per_second: f64,
    /// The time of the work divided by that of the scan.
    pub times_the_scan: f64,
}

// The signature that serde wants.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_one(number: &usize) -> bool {
    *number == 1
}

impl Latency {
    /// Returns the percentiles; none without measurements.
    pub(super) fn of(mut all: Vec<Duration>) -> Option<Self> {
        all.sort_unstable();
        let at = |percent: usize| {
            let longest = all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)))?;
            u64::try_from(longest.as_micros()).ok()
        };
        Some(Self { p50_micros: at(50)?, p99_micros: at(99)? })
    }
}

/// The times of all sides in each round.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    own: Vec<Duration>,
    baseline: Vec<Duration>,
    alone: Vec<Duration>,
    spread: Vec<Duration>,
    scan: Vec<Duration>,
}

impl Rounds {
    pub(super) fn own(&mut self, took: Duration) {
        self.own.push(took);
    }

    pub(super) fn baseline(&mut self, took: Duration) {
        self.baseline.push(took);
    }

    pub(super) fn alone(&mut self, took: Duration) {
        self.alone.push(took);
    }

    pub(super) fn spread(&mut self, took: Duration) {
        self.spread.push(took);
    }

    /// Returns the rate on many streams; none if it was not measured.
    pub(super) fn spread_of(&self, events_a_round: u64) -> Option<Spread> {
        let rate = |times: &[Duration]| events_a_round as f64 / median_seconds(times);
        let spread_events_per_second = rate(&self.spread);
        let ratio_to_spread = rate(&self.own) / spread_events_per_second;
        (!self.spread.is_empty()).then_some(Spread { spread_events_per_second, ratio_to_spread })
    }

    pub(super) fn scan(&mut self, took: Duration) {
        self.scan.push(took);
    }

    /// Returns the time compared with a scan; none without scans.
    pub(super) fn beside_scan(&self, events_a_round: u64) -> Option<BesideScan> {
        let scan = median_seconds(&self.scan);
        let (scan_events_per_second, times_the_scan) = (events_a_round as f64 / scan, median_seconds(&self.own) / scan);
        (!self.scan.is_empty()).then_some(BesideScan { scan_events_per_second, times_the_scan })
    }

    /// Returns the gain of several writers; none if no writer ran alone.
    pub(super) fn grouping(&self, events_a_round: u64, events_alone: u64) -> Option<Grouping> {
        let rate = |events: u64, times: &[Duration]| events as f64 / median_seconds(times);
        let one_writer_events_per_second = rate(events_alone, &self.alone);
        let gain = rate(events_a_round, &self.own) / one_writer_events_per_second;
        (!self.alone.is_empty()).then_some(Grouping { one_writer_events_per_second, gain })
    }

    /// Returns the total time of the store.
    pub(super) fn total(&self) -> Duration {
        self.own.iter().sum()
    }

    /// Returns a report of rounds of a number of events. The caller sets the other fields.
    pub(super) fn report(&self, what: &'static str, events_a_round: u64, bare_statement: &str) -> BenchReport {
        let rate = |times: &[Duration]| events_a_round as f64 / median_seconds(times);
        let (own, baseline) = (rate(&self.own), rate(&self.baseline));
        BenchReport {
            what,
            events: events_a_round,
            existing: 0,
            batch: 1,
            group: 1,
            writers: 1,
            streams: None,
            events_per_second: own,
            bare_events_per_second: baseline,
            ratio: own / baseline,
            latency: None,
            grouping: None,
            spread: None,
            commands: None,
            beside_scan: None,
            indexed: false,
            bare_statement: bare_statement.split_whitespace().collect::<Vec<_>>().join(" "),
            peak_memory_bytes: peak_memory_bytes(),
            store: String::new(),
            seconds: median_seconds(&self.own),
        }
    }
}

fn median_seconds(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    let median = match sorted.as_slice() {
        [] => Duration::ZERO,
        times if times.len() % 2 == 1 => times[middle],
        times => (times[middle - 1] + times[middle]) / 2,
    };
    // If the clock has not moved, the rate must still be a finite number.
    median.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latency;
    use super::Rounds;

    #[test]
    fn rates_are_those_of_the_median_rounds() {
        let mut rounds = Rounds::default();
        [9, 2, 4].into_iter().for_each(|seconds| rounds.own(Duration::from_secs(seconds)));
        [1, 3].into_iter().for_each(|seconds| rounds.baseline(Duration::from_secs(seconds)));
        let report = rounds.report("read", 8, "SELECT\n  1");
        assert_eq!(report.bare_statement, "SELECT 1");
        assert_eq!((report.events_per_second, report.bare_events_per_second, report.ratio), (2.0, 4.0, 0.5));
    }

    #[test]
    fn the_gain_of_many_writers_is_over_one_alone() {
        let mut rounds = Rounds::default();
        rounds.own(Duration::from_secs(2));
        assert_eq!(rounds.grouping(64, 8), None);
        rounds.alone(Duration::from_secs(1));
        let grouping = rounds.grouping(64, 8).unwrap();
        assert_eq!((grouping.one_writer_events_per_second, grouping.gain), (8.0, 4.0));
    }

    #[test]
    fn a_work_is_measured_in_scans() {
        let mut rounds = Rounds::default();
        rounds.own(Duration::from_secs(3));
        assert_eq!(rounds.beside_scan(8), None);
        rounds.scan(Duration::from_secs(2));
        let beside_scan = rounds.beside_scan(8).unwrap();
        assert_eq!((beside_scan.scan_events_per_second, beside_scan.times_the_scan), (4.0, 1.5));
    }

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let latency = Latency::of((1..=200).rev().map(Duration::from_micros).collect());
        assert_eq!(latency, Some(Latency { p50_micros: 101, p99_micros: 199 }));
        assert_eq!(Latency::of(Vec::new()), None);
    }
}
