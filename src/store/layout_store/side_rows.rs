//! The rows beside those of events: the versions that a table of streams has, checkpoints and snapshots.

use serde_json::value::RawValue;
use std::borrow::Cow;

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout::Checkpoints;
use crate::store::layout::ColumnRef;
use crate::store::layout::EventPlan;
use crate::store::layout::Layout;
use crate::store::layout::Rows;
use crate::store::layout::StreamKey;
use crate::store::layout::TypeName;
use crate::store::layout::text_of;
use crate::store::layout::whole_of;
use crate::store::layout_store::keyset_walk::KeysetWalk;
use crate::store::layout_store::layout_tables::LayoutTables;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::row_walk::stream_key;
use crate::store::layout_store::table::TableRows;

/// The number of rows of a page. They are small.
const ROWS: usize = 5000;
/// The maximum number of checkpoints that are read.
const MAX_CHECKPOINTS: usize = 10_000;
/// The name of all streams together.
const ALL_STREAMS: &str = "$all";

/// A row of a table of streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedStream {
    /// The name.
    pub stream: String,
    /// The stream as its columns have it.
    pub key: String,
    /// The version of its last event, from 1. 0 or less: it has no events; none: the row does not say. Or the reason why it
    /// cannot be read.
    pub version: Result<Option<i64>, String>,
}

/// A snapshot of another program.
#[derive(Debug)]
pub struct ForeignSnapshot {
    /// The stream, if it can be read.
    pub stream: Option<String>,
    /// The version that it covers, if it can be read.
    pub version: Option<i64>,
    /// The state, or the reason why it cannot be read.
    pub state: Result<Box<RawValue>, String>,
}

/// The place that a reader of another program has reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignCheckpoint {
    /// The name of the reader.
    pub name: String,
    /// The position of its last event; with a stream, the version. 0 before the first event; none: it has a time.
    pub position: Option<i64>,
    /// The time of its last event, or of its last change. Without a position, none before the first event.
    pub time: Option<Timestamp>,
    /// The stream that it reads, if it reads only one.
    pub stream: Option<String>,
    /// The category that it reads, if it reads only one.
    pub category: Option<String>,
    /// The type that it reads, if it reads only one.
    pub event_type: Option<String>,
    /// The reason why its place cannot be read.
    pub damage: Option<String>,
}

/// A reading of rows beside those of events.
pub struct SideWalk {
    tables: LayoutTables,
    /// The numbers of the tables of events whose rows are still to be read, the next one last.
    rest: Vec<usize>,
    current: Option<(usize, KeysetWalk)>,
}

impl LayoutTables {
    /// Returns a reading of the table of streams, or of the row of one stream.
    pub async fn listed_streams(&self, stream: Option<&str>) -> Result<Vec<SideWalk>, StoreError> {
        let opened = self.opened().await?;
        let mut walks = Vec::new();
        for (number, table) in opened.tables.iter().enumerate() {
            // Several tables of events may share one of streams.
            let is_shared = table.all.layout.streams.as_ref().is_some_and(|streams| streams.rows.from.placeholder().is_none());
            if number > 0 && is_shared && stream.is_none() {
                break;
            }
            let Some(query) = opened.listed_query(&table.all) else { continue };
            let columns: Vec<QueryColumn> = query.columns.iter().rev().skip(1).rev().cloned().collect();
            let stored = opened.storage_order(&query.from, &query.alias);
            let order = stored.map_or_else(|| columns.clone(), |column| vec![column]);
            let query = query.bound(columns.clone(), Comparison::Present, Vec::new());
            let queries = match stream {
                None => vec![query],
                Some(name) => {
                    let values = table.one.values_of(opened.catalog.engine, name)?;
                    let of_values = |values: Vec<ForeignValue>| {
                        columns.iter().zip(values).fold(query.clone(), |query, (column, value)| {
                            query.bound(vec![column.clone()], Comparison::Equal, vec![value])
                        })
                    };
                    values.into_iter().map(of_values).collect()
                }
            };
            walks.extend(queries.into_iter().map(|query| {
                let walk = KeysetWalk::new(query, order.clone(), ROWS);
                SideWalk { tables: self.clone(), rest: Vec::new(), current: Some((number, walk)) }
            }));
        }
        Ok(walks)
    }

    /// Returns a reading of the snapshots; `None` if the table of snapshots does not exist.
    pub async fn snapshots(&self) -> Result<Option<SideWalk>, StoreError> {
        let opened = self.opened().await?;
        let mut rest: Vec<usize> = (0..opened.tables.len()).filter(|number| opened.snapshot_rows(*number).is_some()).collect();
        rest.reverse();
        Ok((!rest.is_empty()).then(|| SideWalk { tables: self.clone(), rest, current: None }))
    }

    /// Returns readings of the snapshots of one stream; `None` if the table of snapshots does not exist.
    pub async fn snapshots_of(&self, stream: &StreamName) -> Result<Option<Vec<SideWalk>>, StoreError> {
        let opened = self.opened().await?;
        let (mut walks, mut is_there) = (Vec::new(), false);
        for number in 0..opened.tables.len() {
            let Some(rows) = opened.snapshot_rows(number) else { continue };
            is_there = true;
            for values in rows.values_of(opened.catalog.engine, stream.as_str())? {
                let query = Located { table: number, key: (rows.parts.clone(), values) }.of(rows.query(0));
                let order = rows.parts.iter().chain(&rows.version).cloned().collect();
                let walk = KeysetWalk::new(query, order, ROWS);
                walks.push(SideWalk { tables: self.clone(), rest: Vec::new(), current: Some((number, walk)) });
            }
        }
        Ok(is_there.then_some(walks))
    }

    /// Returns the checkpoints, and true if there are more than are read; `None` if the table of checkpoints does not exist.
    pub async fn checkpoints(&self) -> Result<Option<(Vec<ForeignCheckpoint>, bool)>, StoreError> {
        let opened = self.opened().await?;
        let (mut found, mut is_there) = (Vec::new(), false);
        for table in &opened.tables {
            let Some(checkpoints) = &table.all.layout.checkpoints else { continue };
            let columns = checkpoint_columns(checkpoints);
            let Some(query) = opened.side_query(&table.all, &checkpoints.rows, &columns) else { continue };
            is_there = true;
            let query = RowsQuery { limit: MAX_CHECKPOINTS + 1 - found.len(), ..query };
            let order: Vec<QueryColumn> = query.columns.iter().take(1).cloned().collect();
            let rows = self.opening.database.rows(RowsQuery { order, ..query }).await.map_err(StoreError::of_foreign)?;
            found.extend(rows.iter().map(|row| opened.checkpoint(&table.all, checkpoints, &columns, &row.values)));
            // Several tables of events may share one of checkpoints.
            if checkpoints.rows.from.placeholder().is_none() {
                break;
            }
        }
        let more = found.len() > MAX_CHECKPOINTS;
        found.truncate(MAX_CHECKPOINTS);
        Ok(is_there.then_some((found, more)))
    }
}

impl SideWalk {
    /// Reads the next rows of a table of streams; `None` after the last.
    pub async fn next_streams(&mut self) -> Result<Option<Vec<ListedStream>>, StoreError> {
        let tables = self.tables.clone();
        let opened = tables.opened().await?;
        let Some((number, walk)) = &mut self.current else { return Ok(None) };
        let page = walk.next(&*tables.opening.database).await.map_err(StoreError::of_foreign)?;
        let Some(page) = page else { return Ok(None) };
        let rows = &opened.tables[*number].all;
        Ok(Some(page.rows.iter().filter_map(|row| listed(rows, &row.values)).collect()))
    }

    /// Reads the next snapshots; `None` after the last.
    pub async fn next_snapshots(&mut self) -> Result<Option<Vec<ForeignSnapshot>>, StoreError> {
        let tables = self.tables.clone();
        let opened = tables.opened().await?;
        loop {
            if self.current.is_none() {
                let Some(number) = self.rest.pop() else { return Ok(None) };
                self.current = opened.snapshot_rows(number).map(|rows| (number, snapshot_walk(opened, &rows)));
                continue;
            }
            let Some((number, walk)) = &mut self.current else { continue };
            let page = walk.next(&*tables.opening.database).await.map_err(StoreError::of_foreign)?;
            let (Some(page), Some(rows)) = (page, opened.snapshot_rows(*number)) else {
                self.current = None;
                continue;
            };
            return Ok(Some(page.rows.iter().map(|row| snapshot(&rows, &row.values)).collect()));
        }
    }
}

impl Opened {
    /// Returns a query for columns of a table beside that of events; `None` if the store lacks the table or a column.
    fn side_query(&self, of: &TableRows, rows: &Rows, columns: &[&ColumnRef]) -> Option<RowsQuery> {
        let captured = of.plan.captured.as_deref();
        let from = rows.from.with(captured);
        let mut named = of.layout.clone();
        named.events.rows = rows.clone();
        named.events.unwind = None;
        self.table(&from)?;
        let query = EventPlan::new(&named, &self.catalog, &self.schema, &from, 0).query;
        for column in columns.iter().filter(|_| self.catalog.engine != Engine::Mongodb) {
            let joined = rows.join.iter().find(|join| join.alias == column.alias);
            self.table(&joined.map_or_else(|| from.clone(), |join| join.table.with(captured)))?.column(&column.name)?;
        }
        let columns = columns.iter().map(|column| named.query_column(&self.catalog, &self.schema, captured, column)).collect();
        Some(RowsQuery { columns, of_document: 0, unwind: None, order: Vec::new(), ..query })
    }

    /// Returns the query for the names and versions of a table of streams.
    fn listed_query(&self, rows: &TableRows) -> Option<RowsQuery> {
        let streams = rows.layout.streams.as_ref()?;
        let version = streams.version.as_ref()?.column.as_ref()?;
        let columns: Vec<&ColumnRef> = streams.parts.iter().chain([version]).collect();
        self.side_query(rows, &streams.rows, &columns)
    }

    /// Returns the rows of the table of snapshots, whose states are mapped as the data of events.
    fn snapshot_rows(&self, number: usize) -> Option<TableRows> {
        let of = &self.tables.get(number)?.all;
        let snapshots = of.layout.snapshots.as_ref()?;
        // Several tables of events may share one of snapshots.
        if number > 0 && snapshots.rows.from.placeholder().is_none() {
            return None;
        }
        let columns: Vec<&ColumnRef> = snapshots.parts.iter().chain(&snapshots.version.column).collect();
        self.side_query(of, &snapshots.rows, &columns)?;
        let mut layout: Layout = of.layout.clone();
        let stream = layout.events.stream.take()?;
        let events = &mut layout.events;
        events.rows = snapshots.rows.clone();
        events.unwind = None;
        events.position = None;
        let parts = snapshots.parts.clone();
        events.type_name = TypeName { column: parts.first()?.clone(), json: None, key: false, after: None };
        events.stream = Some(StreamKey { parts, key: Vec::new(), number: None, ..stream });
        events.version = Some(snapshots.version.clone());
        events.data = snapshots.state.clone();
        (events.time, events.id, events.metadata, events.hidden) = (None, None, None, None);
        (events.correlation_id, events.causation_id, events.client_id) = (None, None, None);
        events.extra.clear();
        let captured = of.plan.captured.as_deref();
        let from = snapshots.rows.from.with(captured);
        Some(TableRows::new(layout, &self.catalog, &self.schema, &from, captured))
    }

    fn checkpoint(
        &self,
        of: &TableRows,
        checkpoints: &Checkpoints,
        columns: &[&ColumnRef],
        values: &[ForeignValue],
    ) -> ForeignCheckpoint {
        let value = |column: &ColumnRef| {
            let place = columns.iter().position(|known| *known == column);
            place.and_then(|place| values.get(place)).unwrap_or(&ForeignValue::Null)
        };
        let named = |column: &Option<ColumnRef>| column.as_ref().and_then(|column| text_of(value(column))).map(Cow::into_owned);
        let mut damage = None;
        let stream = named(&checkpoints.stream).filter(|name| !name.is_empty() && name != ALL_STREAMS);
        let first = match stream {
            Some(_) => of.first_version(),
            None => of.layout.events.first_position,
        };
        let position = checkpoints.position.as_ref().and_then(|column| match value(column) {
            // A reader that has not begun.
            ForeignValue::Null => Some(0),
            found => match whole_of(found, column) {
                Ok(found) => Some(found.saturating_sub(first).saturating_add(1)),
                Err(error) => {
                    damage = Some(error.to_string());
                    None
                }
            },
        });
        let time = checkpoints.time.as_ref().and_then(|time| match time.read(value(&time.column)) {
            Ok(found) => found,
            Err(reason) => {
                damage.get_or_insert_with(|| format!("{} {reason}", time.column));
                None
            }
        });
        ForeignCheckpoint {
            name: text_of(value(&checkpoints.name)).unwrap_or_default().into_owned(),
            position,
            time,
            stream,
            category: named(&checkpoints.category),
            event_type: named(&checkpoints.event_type),
            damage,
        }
    }
}

fn checkpoint_columns(checkpoints: &Checkpoints) -> Vec<&ColumnRef> {
    let Checkpoints { name, position, time, stream, category, event_type, rows: _ } = checkpoints;
    let time = time.iter().map(|time| &time.column);
    [name].into_iter().chain(position).chain(time).chain(stream).chain(category).chain(event_type).collect()
}

fn listed(rows: &TableRows, values: &[ForeignValue]) -> Option<ListedStream> {
    let version = rows.layout.streams.as_ref()?.version.as_ref()?;
    let parts = rows.layout.streams.as_ref()?.parts.len();
    let stream = rows.mapper().stream_name(values.get(..parts)?)?;
    let column = version.column.as_ref()?;
    let value = values.get(parts)?;
    let version = match whole_of(value, column) {
        _ if *value == ForeignValue::Null && column.optional => Ok(None),
        Ok(number) => Ok(Some(number.saturating_sub(version.first).saturating_add(1))),
        Err(error) => Err(error.to_string()),
    };
    Some(ListedStream { key: stream_key(&stream, values.get(..parts)?), stream, version })
}

fn snapshot_walk(opened: &Opened, rows: &TableRows) -> KeysetWalk {
    let query = rows.query(0);
    let stored = opened.storage_order(&query.from, &query.alias);
    let by_stream = rows.parts.iter().chain(&rows.version).cloned().collect::<Vec<_>>();
    KeysetWalk::new(query, stored.map_or(by_stream, |column| vec![column]), ROWS)
}

fn snapshot(rows: &TableRows, values: &[ForeignValue]) -> ForeignSnapshot {
    let mapper = rows.mapper();
    let is_it = |column: &QueryColumn, known: &QueryColumn| known.alias == column.alias && known.name == column.name;
    let place = |column: &QueryColumn| rows.plan.query.columns.iter().position(|known| is_it(column, known));
    let part = |column| place(column).and_then(|place| values.get(place)).cloned().unwrap_or(ForeignValue::Null);
    let parts: Vec<ForeignValue> = rows.parts.iter().map(part).collect();
    ForeignSnapshot {
        stream: mapper.stream_name(&parts),
        version: mapper.version(values, None).ok().flatten(),
        state: mapper.map(values, None).map(|event| event.data.into_owned()).map_err(|error| error.to_string()),
    }
}
