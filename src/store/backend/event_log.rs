//! The part of a backend that stores events.

use std::future::ready;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::abilities::Abilities;
use crate::store::answer::Answer;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::identity::LastSeen;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

/// The text between category and id in a store of esctl.
const CATEGORY_SEPARATOR: &str = "-";

/// A log of events in one database.
///
/// An append is durable when it is answered, and it is in the log whole or not at all. Positions are dense and grow with
/// the time of recording; so do the versions of each stream. An event that was read once is read by every later read. No
/// method changes or removes an event. A log without all [`Abilities`] promises less.
pub trait EventLog: Send + Sync {
    /// Returns the abilities.
    fn abilities(&self) -> Abilities {
        Abilities::OWN
    }

    /// Returns true if the events of all streams have an order. Without one, a read of all events has the order of streams.
    fn has_order(&self) -> Answer<bool> {
        Box::pin(ready(Ok(true)))
    }

    /// Returns true if events may have a time.
    fn has_times(&self) -> Answer<bool> {
        Box::pin(ready(Ok(true)))
    }

    /// Returns true if a read of all events has every event of each stream, under the name and version that a read of the stream
    /// has.
    fn has_whole_streams_in_order(&self) -> Answer<bool> {
        Box::pin(ready(Ok(true)))
    }

    /// Returns true if events may have a value under a key of metadata.
    fn has_metadata(&self, _: &'static str) -> Answer<bool> {
        Box::pin(ready(Ok(true)))
    }

    /// Returns the text between category and id in the names of streams.
    fn category_separator(&self) -> Answer<String> {
        Box::pin(ready(Ok(CATEGORY_SEPARATOR.to_owned())))
    }

    /// Returns the recorded head and the last event, as of one moment.
    fn end(&self) -> Answer<StoreEnd>;

    /// Makes several appends in one transaction, in their order. Each has an answer of its own; a refused append does not
    /// affect the others.
    ///
    /// The same transaction looks for `last_seen` in the store. Where it is missing the store was replaced under this
    /// process: nothing is appended, and the error is [`StoreError::Replaced`](crate::store::StoreError::Replaced).
    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>>;

    /// Reads the next events of a query into a buffer: at most `limit`, fewer where they are large.
    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page>;

    /// Returns the number of pages that it reads faster at the same time than one after the other.
    fn readers(&self) -> usize {
        1
    }

    /// Begins to follow the events of a query. Only for a log without the ability [`Abilities::dense`]: the events of others are
    /// followed by their positions.
    fn follow(&self, _: ReadQuery, _: FollowStart, _: Timestamp) -> Answer<Box<dyn Follow>> {
        Box::pin(ready(Err(StoreError::Bug("a store without holes is followed by its positions".into()))))
    }

    /// Returns the stored events with these ids, in any order.
    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>>;

    /// Returns the id of the event that another program knows by this id; `None` in a store of esctl.
    fn event_id_of(&self, _: String) -> Answer<Option<Uuid>> {
        Box::pin(ready(Ok(None)))
    }

    /// Returns true for an event of another program that has no id of its own. Only for events that were read from this log.
    fn derives_id(&self, _: &EventView<'_>) -> bool {
        false
    }

    /// Returns the version of a stream; 0 where there is no such stream.
    fn stream_version(&self, stream: StreamName) -> Answer<Version>;

    /// Returns streams in the order of their names.
    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>>;
}
