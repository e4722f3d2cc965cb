//! The log of a store that another program wrote.

use std::future::ready;

use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Position;
use crate::event::RecordedEvent;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::abilities::Abilities;
use crate::store::answer::Answer;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::backend::Backend;
use crate::store::backend::EventLog;
use crate::store::backend::Init;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignValue;
use crate::store::head::Head;
use crate::store::identity::LastSeen;
use crate::store::layout_store::follow::follow;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::Opening;
use crate::store::layout_store::store::LayoutStore;
use crate::store::layout_store::table::EventTable;
use crate::store::quarantine::QUARANTINE_STREAM;
use crate::store::read::Page;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;
use crate::store::schema::SchemaFault;

/// The number of events that are compared at once with ids.
const COMPARED: usize = 1000;

impl EventLog for LayoutStore {
    fn abilities(&self) -> Abilities {
        Abilities::FOREIGN
    }

    fn has_order(&self) -> Answer<bool> {
        self.reading(|opening| async move { Ok(opening.opened().await?.position().is_some()) })
    }

    fn has_times(&self) -> Answer<bool> {
        self.reading(|opening| async move {
            Ok(opening.opened().await?.tables.iter().any(|table| table.all.layout.events.time.is_some()))
        })
    }

    fn has_whole_streams_in_order(&self) -> Answer<bool> {
        self.reading(|opening| async move {
            let opened = opening.opened().await?;
            // The rows of one stream may be others, such as links to events. A part of a name in MongoDB may be a text or a
            // number, which are two streams.
            let is_same = |table: &EventTable| table.all.layout.one_stream.is_none();
            let is_typed = opened.catalog.engine != Engine::Mongodb;
            Ok(is_typed && opened.position().is_some() && opened.tables.iter().all(is_same))
        })
    }

    fn has_metadata(&self, key: &'static str) -> Answer<bool> {
        self.reading(move |opening| async move {
            let of_layout = |table: &EventTable| {
                let events = &table.all.layout.events;
                let column = match key {
                    "client_id" => &events.client_id,
                    "correlation_id" => &events.correlation_id,
                    _ => &events.causation_id,
                };
                column.is_some() || events.metadata.is_some()
            };
            Ok(opening.opened().await?.tables.iter().any(of_layout))
        })
    }

    fn category_separator(&self) -> Answer<String> {
        self.reading(|opening| async move {
            let opened = opening.opened().await?;
            Ok(opened.tables.first().map_or("-", |table| table.all.category_separator()).to_owned())
        })
    }

    fn end(&self) -> Answer<StoreEnd> {
        self.reading(|opening| async move {
            let head = head(&opening, opening.opened().await?).await?;
            Ok(StoreEnd { head, last: head })
        })
    }

    fn append(&self, _: Vec<BackendAppend>, _: Option<LastSeen>) -> Answer<Vec<BackendAnswer>> {
        self.refuse()
    }

    fn read(&self, query: ReadQuery, limit: usize, buffer: EventChunk) -> Answer<Page> {
        self.reading(|opening| async move {
            let opened = opening.opened().await?;
            if query.source == ReadSource::All {
                opening.warn_unindexed(opened);
            }
            opened.read(&*opening.database, &query, limit, buffer).await
        })
    }

    fn follow(&self, query: ReadQuery, start: FollowStart, now: Timestamp) -> Answer<Box<dyn Follow>> {
        self.reading(move |opening| follow(opening, query, start, now))
    }

    fn events_by_id(&self, ids: Vec<Uuid>) -> Answer<Vec<RecordedEvent>> {
        self.reading(|opening| async move {
            let opened = opening.opened().await?;
            by_id(&opening, opened, ids).await
        })
    }

    fn event_id_of(&self, original: String) -> Answer<Option<Uuid>> {
        self.reading(|opening| async move { Ok(Some(opening.opened().await?.id_of_original(&original))) })
    }

    fn derives_id(&self, event: &EventView<'_>) -> bool {
        self.opening.known().is_some_and(|opened| opened.derives_id(event))
    }

    fn stream_version(&self, stream: StreamName) -> Answer<Version> {
        self.reading(|opening| async move {
            // The streams of esctl itself are never those of another program.
            if stream.as_str() == QUARANTINE_STREAM {
                return Ok(Version::ZERO);
            }
            Ok(Version(opening.opened().await?.version(&*opening.database, stream.as_str()).await?))
        })
    }

    fn streams(&self, query: StreamQuery) -> Answer<Vec<StreamInfo>> {
        self.reading(|opening| async move {
            let opened = opening.opened().await?;
            opening.warn_slow_streams(opened);
            opened.streams(&*opening.database, query).await
        })
    }
}

/// Returns the head. Without an order, it has no position; without events, its position is 0.
async fn head(opening: &Opening, opened: &Opened) -> Result<Head, StoreError> {
    let queries = match opened.position() {
        Some(order) => vec![order.last()],
        None => opened.tables.iter().map(|table| table.all.query(1)).collect(),
    };
    let found = opening.database.rows_of(queries).await?;
    let Some(row) = found.into_iter().flatten().next() else { return Ok(Head::default()) };
    let value = row.values.first().filter(|_| opened.position().is_some());
    let shown = value.and_then(|value| opened.position_of(value)).and_then(|position| u64::try_from(position).ok());
    let position = shown.map_or(Position::NONE, Position);
    Ok(Head { position, recorded_at: Timestamp::NONE, ..Head::default() })
}

/// Finds events by their ids: through the column of ids, and in a pass over all events where ids may be derived or in another
/// form.
async fn by_id(opening: &Opening, opened: &Opened, ids: Vec<Uuid>) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut chunk = EventChunk::default();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut all_in_column = true;
    for table in &opened.tables {
        let rows = &table.all;
        let captured = rows.plan.captured.as_deref();
        let column =
            rows.layout.events.id.as_ref().map(|id| rows.layout.query_column(&opened.catalog, &opened.schema, captured, id));
        let is_typed = opened.catalog.engine == Engine::Postgres;
        all_in_column &= is_typed && column.as_ref().is_some_and(|column| column.class == ColumnClass::Uuid);
        // PostgreSQL compares no text with a column of another type.
        let Some(column) = column.filter(|id| !is_typed || [ColumnClass::Uuid, ColumnClass::Text].contains(&id.class)) else {
            continue;
        };
        let queries = ids.iter().map(|id| {
            let value = ForeignValue::Text(id.to_string().into());
            rows.query(1).bound(vec![column.clone()], Comparison::Equal, vec![value])
        });
        for row in opening.database.rows_of(queries.collect()).await?.iter().flatten() {
            opened.push(rows, &opened.event(rows, row, None)?, &mut chunk)?;
        }
    }
    let mut found: Vec<RecordedEvent> = chunk.iter().map(|event| event.to_recorded()).collect();
    let mut missing = ids;
    missing.retain(|id| !found.iter().any(|event| event.event_id == *id));
    let mut query = ReadQuery::all();
    let mut buffer = chunk;
    while !all_in_column && !missing.is_empty() {
        buffer.clear();
        let page = opened.read(&*opening.database, &query, COMPARED, buffer).await?;
        if let Some(damage) = page.damage {
            return Err(damage);
        }
        let first = found.len();
        found.extend(page.events.iter().filter(|event| missing.contains(&event.event_id)).map(|event| event.to_recorded()));
        missing.retain(|id| !found[first..].iter().any(|event| event.event_id == *id));
        if page.end {
            break;
        }
        query = query.from(page.last + 1);
        query.token = page.token;
        buffer = page.events;
    }
    Ok(found)
}

impl Backend for LayoutStore {
    fn kind(&self) -> &'static str {
        self.opening.database.engine().product()
    }

    fn place(&self) -> String {
        self.opening.database.place()
    }

    fn server_clock(&self) -> Answer<Option<Timestamp>> {
        Box::pin(ready(Ok(None)))
    }

    fn init(&self) -> Answer<Init> {
        self.refuse()
    }

    fn size_bytes(&self) -> Answer<u64> {
        self.refuse()
    }

    fn check(&self) -> Answer<Vec<String>> {
        self.refuse()
    }

    fn schema_faults(&self) -> Answer<Vec<SchemaFault>> {
        self.refuse()
    }

    fn repair_schema(&self) -> Answer<Vec<String>> {
        self.refuse()
    }
}
