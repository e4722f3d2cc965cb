//! Decides on each append of a group, given the end of the store. No I/O.

use std::collections::HashMap;
use std::collections::HashSet;

use mongodb::bson::RawDocumentBuf;
use uuid::Uuid;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::chain_hash;
use crate::store::append::Appended;
use crate::store::append::AppendedEvent;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::append::Outcome;
use crate::store::append::RecordTime;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::mongodb::documents::bytes_of;
use crate::store::mongodb::documents::commit_of;
use crate::store::mongodb::known_state::KnownState;

/// The largest document of one append. The limit of MongoDB is 16 MiB, and a copy of the document may need slightly more.
pub(crate) const MAX_COMMIT_BYTES: usize = 12 << 20;

/// The decision on an append.
pub(crate) enum AppendDecision {
    /// The commit can be inserted.
    Commit(Box<Commit>),
    /// The append is refused.
    Refuse(BackendAnswer),
    /// The append is refused for its times, unless it is a repetition.
    TimeGoesBack(Timestamp),
}

/// An append that can be inserted.
pub(crate) struct Commit {
    /// The document to insert.
    pub(crate) document: RawDocumentBuf,
    /// The answer after the insert.
    pub(crate) appended: Appended,
    /// The end of the store after the insert.
    pub(crate) head: Head,
}

/// Decides on appends in their order, each as if the accepted ones before it were made. `known` has event ids that are in
/// the store.
///
/// # Errors
/// [`StoreError::ClockRefused`] when no later time can be recorded.
pub(crate) fn decide<'g>(
    state: &KnownState,
    group: &'g [BackendAppend],
    known: &HashSet<Uuid>,
    now: Timestamp,
) -> Result<Vec<AppendDecision>, StoreError> {
    let mut end =
        EndAfter { head: state.head, clock_behind_micros: state.head.recorded_at.micros_since(now), now, moved: HashMap::new() };
    let decide = |append: &'g BackendAppend| {
        if append.request.events.iter().any(|event| known.contains(&event.event_id)) {
            return Ok(AppendDecision::Refuse(BackendAnswer::KnownId));
        }
        let version = end.moved.get(stream_of(append)).or_else(|| state.streams.get(stream_of(append)));
        let version = version.copied().unwrap_or_default();
        end.decide(append, version)
    };
    group.iter().map(decide).collect()
}

fn stream_of(append: &BackendAppend) -> &StreamName {
    &append.request.stream
}

/// The end of the store after the appends decided so far.
struct EndAfter<'g> {
    head: Head,
    now: Timestamp,
    /// Measured against the last event before the group: the group's own events are at most microseconds ahead.
    clock_behind_micros: u64,
    moved: HashMap<&'g StreamName, Version>,
}

impl<'g> EndAfter<'g> {
    fn decide(&mut self, append: &'g BackendAppend, version: Version) -> Result<AppendDecision, StoreError> {
        let request = &append.request;
        if !request.expected.holds(version) {
            return Ok(AppendDecision::Refuse(BackendAnswer::WrongVersion(version)));
        }
        if let RecordTime::Given(times) = &request.time
            && times.first().is_some_and(|first| *first <= self.head.recorded_at)
        {
            return Ok(AppendDecision::TimeGoesBack(self.head.recorded_at));
        }
        let bytes = bytes_of(append);
        if bytes > MAX_COMMIT_BYTES {
            return Ok(AppendDecision::Refuse(BackendAnswer::TooLarge { bytes: bytes as u64, limit: MAX_COMMIT_BYTES as u64 }));
        }
        let events = self.link(append, version)?;
        if let Some(last) = events.last() {
            self.head = Head { position: last.position, recorded_at: last.recorded_at, hash: last.hash };
            self.moved.insert(&request.stream, last.version);
        }
        let clock_behind_micros = match &request.time {
            RecordTime::StoreClock => self.clock_behind_micros,
            RecordTime::Clock(_) | RecordTime::Given(_) => 0,
        };
        let document = commit_of(append, &events);
        let appended = Appended { outcome: Outcome::Applied, events, clock_behind_micros };
        Ok(AppendDecision::Commit(Box::new(Commit { document, appended, head: self.head })))
    }

    /// Returns position, version, time and hash of each event.
    fn link(&self, append: &BackendAppend, mut version: Version) -> Result<Vec<AppendedEvent>, StoreError> {
        let Head { mut position, mut recorded_at, mut hash } = self.head;
        let mut link = |(index, content): (usize, &Hash)| {
            version = version.next();
            position = position.next();
            let wanted = match &append.request.time {
                RecordTime::StoreClock => self.now,
                RecordTime::Clock(moment) => *moment,
                RecordTime::Given(times) => times[index],
            };
            recorded_at = clock::after(recorded_at, wanted)?;
            hash = chain_hash(hash, position, version, recorded_at, *content);
            Ok(AppendedEvent { position, version, recorded_at, hash })
        };
        append.content.iter().enumerate().map(&mut link).collect()
    }
}
