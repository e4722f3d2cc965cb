//! The event log in SQLite: each job on the connection of a worker thread.

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::backend::EventLog;
use crate::store::end::StoreEnd;
use crate::store::identity::LastSeen;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;
use crate::store::sqlite::append::append_group;
use crate::store::sqlite::backend::Sqlite;
use crate::store::sqlite::end;
use crate::store::sqlite::read;

impl EventLog for Sqlite {
    fn end(&self) -> Answer<StoreEnd> {
        self.reading(|connection, _| end::end(connection))
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        self.appending(move |connection, names, clock| append_group(connection, names, clock, &group, last_seen))
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        self.reading(move |connection, names| read::read(connection, names, &query, limit, buffer))
    }

    fn readers(&self) -> usize {
        self.readers.len().max(1)
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        self.reading(move |connection, names| read::events_by_id(connection, names, &ids))
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reading(move |connection, _| read::version_of(connection, &stream))
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reading(move |connection, _| read::streams(connection, &query))
    }
}
