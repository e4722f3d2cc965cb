//! Lists of streams: from name to name through an index or a table of streams, and the last event of each.

use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout::EventPlan;
use crate::store::layout::StreamKey;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::EventTable;
use crate::store::read::StreamInfo;
use crate::store::read::StreamQuery;

/// The number of names that are read at once.
const NAMES: usize = 200;

/// The rows that have the names of the streams of a table.
struct NameRows {
    query: RowsQuery,
    /// The places of the columns of the name in a row.
    parts: Vec<usize>,
    /// The place of the number in place of the name, if rows have it.
    number: Option<usize>,
    /// True if a row has a stream of its own.
    unique: bool,
    /// True if an index gives the order.
    indexed: bool,
}

/// A stream and its place.
pub(super) struct NamedStream {
    pub(super) name: String,
    pub(super) located: Located,
}

impl Opened {
    /// Returns streams in the order of the index of their names.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the store has no streams.
    pub(super) async fn streams(
        &self,
        database: &dyn ForeignDatabase,
        query: StreamQuery,
    ) -> Result<Vec<StreamInfo>, StoreError> {
        let (mut found, mut after) = (Vec::new(), query.after.clone());
        let is_filtered = query.category.is_some() || query.prefix.is_some();
        while found.len() < query.limit {
            let limit = if is_filtered { NAMES } else { NAMES.min(query.limit - found.len()) };
            let names = self.names(database, after.as_deref(), limit).await?;
            let Some(last) = names.last() else { break };
            after = Some(last.name.clone());
            let wanted = |stream: &NamedStream| {
                let category = self.tables[stream.located.table].one.category(&stream.name);
                query.category.as_deref().is_none_or(|wanted| wanted == category)
                    && query.prefix.as_deref().is_none_or(|prefix| stream.name.starts_with(prefix))
            };
            let names: Vec<NamedStream> = names.into_iter().filter(wanted).take(query.limit - found.len()).collect();
            found.extend(self.infos(database, names).await?);
        }
        Ok(found)
    }

    /// Returns the next streams after a name.
    pub(super) async fn names(
        &self,
        database: &dyn ForeignDatabase,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<NamedStream>, StoreError> {
        if self.tables.iter().any(|table| table.one.parts.is_empty()) {
            return Err(StoreError::Invalid(format!("layout {} has no streams", self.name)));
        }
        let mut start = match after {
            Some(name) => self.place_of_name(database, name).await?,
            None => (0, None),
        };
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(table) = self.tables.get(start.0)
        {
            let source = self.name_rows(table);
            let asked = limit - found.len();
            let mut query = RowsQuery { limit: asked, ..source.query.clone() };
            query = query.bound(source.query.columns.clone(), Comparison::Present, Vec::new());
            if let Some(last) = start.1.take() {
                query = query.bound(source.query.columns.clone(), Comparison::After, last);
            }
            let rows = match (source.unique, source.indexed) {
                (true, _) => database.rows(query).await?,
                (false, true) => database.walk(query).await?,
                (false, false) => {
                    query.range.distinct = true;
                    database.rows(query).await?
                }
            };
            let table = start.0;
            start = match rows.last() {
                // Some of the rows may be of streams without events.
                Some(last) if rows.len() == asked => (table, Some(last.values.clone())),
                _ => (table + 1, None),
            };
            for row in rows {
                found.extend(self.named(database, table, &source, row).await?);
            }
        }
        Ok(found)
    }

    /// Returns the stream of a row of names; `None` if it has no events.
    async fn named(
        &self,
        database: &dyn ForeignDatabase,
        place: usize,
        source: &NameRows,
        row: ForeignRow,
    ) -> Result<Option<NamedStream>, StoreError> {
        let rows = &self.tables[place].one;
        let value = |place: &usize| row.values.get(*place).cloned().unwrap_or(ForeignValue::Null);
        let values: Vec<ForeignValue> = source.parts.iter().map(value).collect();
        let Some(name) = rows.mapper().stream_name(&values) else { return Ok(None) };
        let located = match (self.number(rows), &source.number) {
            (Some((column, _)), Some(number)) => Located { table: place, key: (vec![column], vec![value(number)]) },
            (Some(_), None) => match self.locate(database, &name).await? {
                Some(located) => located,
                None => return Ok(None),
            },
            (None, _) => Located { table: place, key: (rows.parts.clone(), values) },
        };
        Ok(Some(NamedStream { name, located }))
    }

    /// Returns the table of a name, and the values after which its successors are.
    async fn place_of_name(
        &self,
        database: &dyn ForeignDatabase,
        name: &str,
    ) -> Result<(usize, Option<Vec<ForeignValue>>), StoreError> {
        let (mut places, mut queries) = (Vec::new(), Vec::new());
        for (place, table) in self.tables.iter().enumerate() {
            let source = self.name_rows(table);
            let columns: Vec<QueryColumn> = source.parts.iter().map(|place| source.query.columns[*place].clone()).collect();
            for values in table.one.values_of(name) {
                let bounded = columns.iter().zip(&values).fold(source.query.clone(), |query, (column, value)| {
                    query.bound(vec![column.clone()], Comparison::Equal, vec![value.clone()])
                });
                queries.push(RowsQuery { limit: 1, ..bounded });
                // Of a name that no stream has, the columns after the name are unknown.
                let mut after = vec![ForeignValue::Null; source.query.columns.len()];
                source.parts.iter().zip(values).for_each(|(place, value)| after[*place] = value);
                places.push((place, after));
            }
        }
        let found = database.rows_of(queries).await?;
        let known = found.into_iter().zip(&places).find_map(|(rows, (place, _))| {
            let row = rows.into_iter().next()?;
            Some((*place, Some(row.values)))
        });
        let unknown = || places.into_iter().next().map_or((0, None), |(place, after)| (place, Some(after)));
        Ok(known.unwrap_or_else(unknown))
    }

    /// Returns the rows with the names of streams: those of the table of streams, of the joined table of names, or of the
    /// events.
    fn name_rows(&self, table: &EventTable) -> NameRows {
        let (rows, layout) = (&table.one, &table.one.layout);
        let number = self.number(rows);
        let of_streams = layout.streams.as_ref().and_then(|streams| {
            let mut named = layout.clone();
            named.events.rows = streams.rows.clone();
            named.events.unwind = None;
            let captured = rows.plan.captured.as_deref();
            let from = streams.rows.from.with(captured);
            self.table(&from)?;
            let columns = streams.parts.iter().map(|part| named.query_column(&self.catalog, &self.schema, captured, part));
            let query = EventPlan::new(&named, &self.catalog, &self.schema, &from, 0).query;
            let key = number.as_ref().filter(|_| rows.plan.query.joins.iter().any(|join| join.table == from));
            let key = key.map(|(_, key)| QueryColumn { alias: streams.rows.alias.clone(), ..key.clone() });
            Some((query, columns.collect::<Vec<_>>(), key, streams.version.is_some()))
        });
        let of_names = || {
            let (_, key) = number.clone()?;
            Some((self.joined_names(rows, Vec::new())?, rows.parts.clone(), Some(key), true))
        };
        let of_events = || (rows.plan.query.clone(), rows.parts.clone(), None, rows.plan.query.unwind.is_some());
        let (query, parts, key, unique) = of_streams.or_else(of_names).unwrap_or_else(of_events);
        let stream: Option<&StreamKey> = layout.events.stream.as_ref();
        // The columns with which the index begins come first.
        let is_first = |column: &QueryColumn| {
            let key = stream.map_or(&[][..], |stream| &stream.key);
            key.iter().any(|first| first.alias == column.alias && first.name == column.name)
        };
        let (mut columns, rest): (Vec<QueryColumn>, Vec<QueryColumn>) = parts.iter().cloned().partition(is_first);
        columns.extend(rest);
        let places = parts.iter().map(|part| columns.iter().position(|column| column == part).unwrap_or_default()).collect();
        let number = key.as_ref().map(|_| columns.len());
        let is_own = |column: &QueryColumn| column.alias.is_empty() || column.alias == query.alias;
        let indexed = columns
            .first()
            .is_some_and(|first| is_own(first) && self.table(&query.from).is_some_and(|table| table.is_indexed(&first.name)));
        let order = columns.clone();
        columns.extend(key);
        let query = RowsQuery { columns, order, unwind: None, of_document: 0, range: Default::default(), ..query };
        NameRows { query, parts: places, number, unique, indexed }
    }

    /// Returns streams with their last events. Those without events are left out.
    async fn infos(&self, database: &dyn ForeignDatabase, names: Vec<NamedStream>) -> Result<Vec<StreamInfo>, StoreError> {
        let queries = names.iter().map(|stream| self.last_of(&stream.located)).collect();
        let last = database.rows_of(queries).await?;
        let mut found = Vec::new();
        for (stream, rows) in names.into_iter().zip(last) {
            let Some(row) = rows.first() else { continue };
            let table = &self.tables[stream.located.table];
            let counted = match table.counted {
                Some(_) => Some(self.count(database, &stream.located).await?),
                None => None,
            };
            let event = self.event(&table.one, row, counted)?;
            found.push(StreamInfo {
                category: table.one.category(&stream.name).to_owned(),
                stream: stream.name,
                version: event.version.and_then(|version| u64::try_from(version).ok()).map_or(Version::NONE, Version),
                last_position: event.position.and_then(|position| u64::try_from(position).ok()).map_or(Position::NONE, Position),
                last_recorded_at: event.recorded_at.unwrap_or(Timestamp::NONE),
            });
        }
        Ok(found)
    }

    /// Returns the query for the last event of a stream.
    pub(super) fn last_of(&self, located: &Located) -> RowsQuery {
        let table = &self.tables[located.table];
        let mut query = located.of(table.one.query(1));
        query.order = table.one.version.iter().chain(&table.counted).take(1).cloned().collect();
        query.range.backwards = true;
        query
    }

    /// Returns the number of events of a stream.
    pub(super) async fn count(&self, database: &dyn ForeignDatabase, located: &Located) -> Result<i64, StoreError> {
        let count = database.count(located.of(self.tables[located.table].one.query(0))).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
