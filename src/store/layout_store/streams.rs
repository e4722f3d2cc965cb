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
use crate::store::read::ForeignStream;
use crate::store::read::PageToken;
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

impl NameRows {
    /// Returns the query for the rows after one.
    fn after(&self, row: Option<Vec<ForeignValue>>, limit: usize) -> RowsQuery {
        let columns = &self.query.columns;
        let query = RowsQuery { limit, ..self.query.clone() };
        let query = query.bound(columns.clone(), Comparison::Present, Vec::new());
        match row {
            Some(row) => query.bound(columns.clone(), Comparison::After, row),
            None => query,
        }
    }
}

/// A stream and its place.
#[derive(Clone)]
pub(super) struct NamedStream {
    pub(super) name: String,
    pub(super) located: Located,
    /// The place of its name in the list of streams.
    pub(super) place: StreamPlace,
}

/// The end of a list of streams: the values of a row, since several streams may be shown with one name.
#[derive(Debug, Clone)]
pub(super) struct StreamPlace {
    table: usize,
    /// The values of the row; `None` before the first row of the table.
    row: Option<Vec<ForeignValue>>,
}

impl StreamPlace {
    const START: Self = Self { table: 0, row: None };

    /// Returns the place as values.
    pub(super) fn to_values(&self) -> Vec<ForeignValue> {
        let table = ForeignValue::Integer(i64::try_from(self.table).unwrap_or(i64::MAX));
        [table].into_iter().chain(self.row.iter().flatten().cloned()).collect()
    }

    /// Returns the place of values that [`StreamPlace::to_values`] returned.
    ///
    /// # Errors
    /// [`StoreError::Bug`] for other values.
    pub(super) fn of_values(values: &[ForeignValue]) -> Result<Self, StoreError> {
        match values {
            [ForeignValue::Integer(table), row @ ..] if !row.is_empty() => {
                Ok(Self { table: usize::try_from(*table).unwrap_or(usize::MAX), row: Some(row.to_vec()) })
            }
            _ => Err(StoreError::Bug("a list of streams lost its place".into())),
        }
    }
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
        let mut found = Vec::new();
        let mut after = match (&query.token, &query.after) {
            (Some(token), _) => StreamPlace::of_values(&token.0)?,
            (None, Some(name)) => self.place_of_name(database, name).await?,
            (None, None) => StreamPlace::START,
        };
        let is_filtered = query.category.is_some() || query.prefix.is_some();
        while found.len() < query.limit {
            let limit = if is_filtered { NAMES } else { NAMES.min(query.limit - found.len()) };
            let names = self.names(database, Some(&after), limit).await?;
            let Some(last) = names.last() else { break };
            after = last.place.clone();
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

    /// Returns the next streams after a place.
    pub(super) async fn names(
        &self,
        database: &dyn ForeignDatabase,
        after: Option<&StreamPlace>,
        limit: usize,
    ) -> Result<Vec<NamedStream>, StoreError> {
        if self.tables.iter().any(|table| table.one.parts.is_empty()) {
            return Err(StoreError::Invalid(format!("layout {} has no streams", self.name)));
        }
        let mut start = after.cloned().unwrap_or(StreamPlace::START);
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(table) = self.tables.get(start.table)
        {
            let source = self.name_rows(table);
            let asked = limit - found.len();
            let mut query = source.after(start.row.take(), asked);
            let rows = match (source.unique, source.indexed) {
                (true, _) => database.rows(query).await?,
                (false, true) => database.walk(query).await?,
                (false, false) => {
                    query.range.distinct = true;
                    database.rows(query).await?
                }
            };
            let table = start.table;
            start = match rows.last() {
                // Some of the rows may be of streams without events.
                Some(last) if rows.len() == asked => StreamPlace { table, row: Some(last.values.clone()) },
                _ => StreamPlace { table: table + 1, row: None },
            };
            for row in rows {
                found.extend(self.named(database, table, &source, row).await?);
            }
        }
        Ok(found)
    }

    /// Returns the query for the row of the next name; `None` where no index leads from name to name.
    pub(super) fn next_name(&self, place: &StreamPlace) -> Option<RowsQuery> {
        let source = self.name_rows(self.tables.get(place.table)?);
        (source.unique || source.indexed).then(|| source.after(place.row.clone(), 1))
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
        Ok(Some(NamedStream { name, located, place: StreamPlace { table: place, row: Some(row.values) } }))
    }

    /// Returns the stream at a place; `None` if it has no events any more.
    pub(super) async fn stream_at(
        &self,
        database: &dyn ForeignDatabase,
        place: &StreamPlace,
    ) -> Result<Option<NamedStream>, StoreError> {
        let (Some(table), Some(row)) = (self.tables.get(place.table), &place.row) else { return Ok(None) };
        let row = ForeignRow { values: row.clone(), place: None };
        self.named(database, place.table, &self.name_rows(table), row).await
    }

    /// Returns the stream with these values of the columns of its name; `None` if one has no value. For rows that have the name
    /// itself.
    pub(super) fn stream_of(&self, table: usize, parts: Vec<ForeignValue>) -> Option<NamedStream> {
        let rows = &self.tables.get(table)?.one;
        let name = rows.mapper().stream_name(&parts)?;
        let source = self.name_rows(&self.tables[table]);
        let mut row = vec![ForeignValue::Null; source.query.columns.len()];
        source.parts.iter().zip(&parts).for_each(|(place, value)| row[*place] = value.clone());
        let located = Located { table, key: (rows.parts.clone(), parts) };
        Some(NamedStream { name, located, place: StreamPlace { table, row: Some(row) } })
    }

    /// Returns the place of a name, after which its successors are.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if several streams have this name; [`StoreError::Invalid`] if none can have it.
    async fn place_of_name(&self, database: &dyn ForeignDatabase, name: &str) -> Result<StreamPlace, StoreError> {
        let (mut places, mut queries) = (Vec::new(), Vec::new());
        for (place, table) in self.tables.iter().enumerate() {
            let source = self.name_rows(table);
            let columns: Vec<QueryColumn> = source.parts.iter().map(|place| source.query.columns[*place].clone()).collect();
            for values in table.one.values_of(self.catalog.engine, name)? {
                let bounded = columns.iter().zip(&values).fold(source.query.clone(), |query, (column, value)| {
                    query.bound(vec![column.clone()], Comparison::Equal, vec![value.clone()])
                });
                queries.push(RowsQuery { limit: 2, ..bounded });
                // Of a name that no stream has, the columns after the name are unknown.
                let mut after = vec![ForeignValue::Null; source.query.columns.len()];
                source.parts.iter().zip(values).for_each(|(place, value)| after[*place] = value);
                places.push(StreamPlace { table: place, row: Some(after) });
            }
        }
        let rows = database.rows_of(queries).await?;
        let mut found: Vec<StreamPlace> = Vec::new();
        for (place, rows) in places.iter().zip(rows) {
            for row in rows {
                if !found.iter().any(|known| known.table == place.table && known.row.as_ref() == Some(&row.values)) {
                    found.push(StreamPlace { table: place.table, row: Some(row.values) });
                }
            }
        }
        if found.len() > 1 {
            let message = format!("{} streams or more have the name {name}, so a list cannot go on after it", found.len());
            return Err(StoreError::integrity(message));
        }
        let unknown = || StoreError::Invalid(format!("no stream of layout {} can have the name {name}", self.name));
        found.pop().or_else(|| places.into_iter().next()).ok_or_else(unknown)
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
            let (event, damage) = match self.event(&table.one, row, counted) {
                Ok(event) => (Some(event), None),
                Err(StoreError::Integrity { message, .. }) => (None, Some(message)),
                Err(error) => return Err(error),
            };
            let version = match &event {
                Some(event) => event.version,
                // Its other columns may be right.
                None => table.one.mapper().version(&row.values, row.place).ok().flatten().or(counted),
            };
            let position = event.as_ref().and_then(|event| event.position);
            found.push(StreamInfo {
                category: table.one.category(&stream.name).to_owned(),
                stream: stream.name,
                version: version.and_then(|version| u64::try_from(version).ok()).map_or(Version::NONE, Version),
                last_position: position.and_then(|position| u64::try_from(position).ok()).map_or(Position::NONE, Position),
                last_recorded_at: event.and_then(|event| event.recorded_at).unwrap_or(Timestamp::NONE),
                foreign: Some(Box::new(ForeignStream { place: PageToken(stream.place.to_values()), damage })),
            });
        }
        Ok(found)
    }

    /// Returns the table of a stream's events and a proposal, if no index of the table begins with a column of the stream.
    pub(super) fn missing_stream_index(&self, table: &EventTable) -> Option<(String, String)> {
        let rows = &table.one;
        let query = &rows.plan.query;
        let number = self.number(rows).map(|(column, _)| vec![column]);
        let columns = number.unwrap_or_else(|| rows.parts.clone());
        let columns: Vec<&QueryColumn> =
            columns.iter().filter(|column| column.alias.is_empty() || column.alias == query.alias).collect();
        let stored = self.table(&query.from).filter(|stored| !stored.is_view)?;
        if columns.is_empty() || columns.iter().any(|column| stored.is_indexed(&column.name)) {
            return None;
        }
        let version = rows.version.iter().chain(&table.counted).take(1);
        let names: Vec<&str> = columns.into_iter().chain(version).map(|column| column.name.as_str()).collect();
        Some((query.from.clone(), format!("an index over {} helps", names.join(", "))))
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
