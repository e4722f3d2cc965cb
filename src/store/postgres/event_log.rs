//! The event log in PostgreSQL: each job on a connection of the worker thread, and the fast path of appends.

use std::rc::Rc;
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
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::postgres::backend::Postgres;
use crate::store::postgres::database::Database;
use crate::store::postgres::database::Task;
use crate::store::postgres::end;
use crate::store::postgres::read;
use crate::store::postgres::session::Session;
use crate::store::postgres::streams;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

impl EventLog for Postgres {
    fn end(&self) -> Answer<StoreEnd> {
        self.reading(async |session: &mut Session| end::end(session).await)
    }

    fn append(&self, group: Vec<BackendAppend>, last_seen: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        let (fast_append, worker) = (Arc::clone(&self.fast_append), Arc::clone(&self.worker));
        Box::pin(async move { fast_append.append(&worker, group, last_seen).await })
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        self.worker.read(move |database| read_page(database, query, limit, buffer))
    }

    fn readers(&self) -> usize {
        // The server reads one page while this process decodes the other.
        2
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        let job = async move |session: &mut Session| read::events_by_id(session, ids.clone()).await;
        self.worker.read(move |database| async move {
            let events = database.run(Task::Read, "cannot read", job).await?;
            database.note(events.iter().map(|event| event.position).max());
            Ok(events)
        })
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reading(async move |session: &mut Session| end::version_of(session, &stream).await)
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reading(async move |session: &mut Session| streams::streams(session, &query).await)
    }
}

async fn read_page(database: Rc<Database>, query: ReadQuery, limit: usize, buffer: EventChunk) -> Result<Page, StoreError> {
    let event_bytes = database.event_bytes.get();
    let mut buffer = Some(buffer);
    let job =
        async |session: &mut Session| read::read(session, &query, limit, event_bytes, buffer.take().unwrap_or_default()).await;
    let page = database.run(Task::Read, "cannot read", job).await?;
    if !page.events.is_empty() {
        database.event_bytes.set(read::average(&page.events));
    }
    Ok(page)
}
