//! What becomes of each append of a group behind a known end of the store. No I/O.

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
use crate::store::backend::Head;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::mongodb::append::Tip;
use crate::store::mongodb::documents::bytes_of;
use crate::store::mongodb::documents::commit_of;

/// The most that one append may be as a document. MongoDB takes 16 MiB, and a copy of it may need room for a little more.
pub(crate) const MAX_COMMIT_BYTES: usize = 12 << 20;

/// What becomes of an append.
pub(crate) enum Decision {
    /// To be inserted.
    Commit(Box<Commit>),
    /// Refused.
    Refuse(BackendAnswer),
    /// Refused for its times, unless it is known already.
    TimeGoesBack(Timestamp),
}

/// An append that fits.
pub(crate) struct Commit {
    /// What to insert.
    pub(crate) document: RawDocumentBuf,
    /// What to answer then.
    pub(crate) appended: Appended,
    /// The end of the store after it.
    pub(crate) head: Head,
}

/// Decides on appends in their order, each as if those before it that fit were made. `known`: ids that are in the store.
///
/// # Errors
/// [`StoreError::ClockRefused`] when no later time can be recorded.
pub(crate) fn decide<'g>(
    tip: &Tip,
    group: &'g [BackendAppend],
    known: &HashSet<Uuid>,
    now: Timestamp,
) -> Result<Vec<Decision>, StoreError> {
    let mut behind =
        Behind { head: tip.head, clock_behind_micros: tip.head.recorded_at.micros_since(now), now, moved: HashMap::new() };
    let decide = |append: &'g BackendAppend| {
        if append.request.events.iter().any(|event| known.contains(&event.event_id)) {
            return Ok(Decision::Refuse(BackendAnswer::KnownId));
        }
        let version = behind.moved.get(stream_of(append)).or_else(|| tip.streams.get(stream_of(append)));
        let version = version.copied().unwrap_or_default();
        behind.decide(append, version)
    };
    group.iter().map(decide).collect()
}

fn stream_of(append: &BackendAppend) -> &StreamName {
    &append.request.stream
}

/// The end of the store after the appends decided on so far.
struct Behind<'g> {
    head: Head,
    now: Timestamp,
    /// Against the events before the group: those of the group itself are at most microseconds ahead.
    clock_behind_micros: u64,
    moved: HashMap<&'g StreamName, Version>,
}

impl<'g> Behind<'g> {
    fn decide(&mut self, append: &'g BackendAppend, version: Version) -> Result<Decision, StoreError> {
        let request = &append.request;
        if !request.expected.holds(version) {
            return Ok(Decision::Refuse(BackendAnswer::WrongVersion(version)));
        }
        if let RecordTime::Given(times) = &request.time
            && times.first().is_some_and(|first| *first <= self.head.recorded_at)
        {
            return Ok(Decision::TimeGoesBack(self.head.recorded_at));
        }
        let bytes = bytes_of(append);
        if bytes > MAX_COMMIT_BYTES {
            return Ok(Decision::Refuse(BackendAnswer::TooLarge { bytes: bytes as u64, limit: MAX_COMMIT_BYTES as u64 }));
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
        Ok(Decision::Commit(Box::new(Commit { document, appended, head: self.head })))
    }

    /// Place, time and hash of each event.
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
