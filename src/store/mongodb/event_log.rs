//! The event log in MongoDB: each job on the worker thread.

use std::sync::Arc;

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
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::by_id;
use crate::store::mongodb::end;
use crate::store::mongodb::read;
use crate::store::mongodb::streams;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

impl EventLog for MongoDb {
    fn end(&self) -> Answer<StoreEnd> {
        self.reading(|connection| async move { end::end(&connection).await })
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        let shared = Arc::clone(&self.shared);
        self.worker.write(async move {
            let connection = shared.writing(last_seen).await?;
            shared.appender.lock().await.append(&connection, group, last_seen).await
        })
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        let shared = Arc::clone(&self.shared);
        self.reading(move |connection| async move { read::read(&connection, &shared.cursors, query, limit, buffer).await })
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        self.reading(move |connection| async move { by_id::events_by_id(&connection, &ids).await })
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reading(move |connection| async move { streams::stream_version(&connection, &stream).await })
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reading(move |connection| async move { streams::streams(&connection, &query).await })
    }
}
