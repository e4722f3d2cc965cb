//! The rows of a sequence that is followed: all rows of a table by position, or those of one stream by version.

use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;

use crate::store::error::StoreError;
use crate::store::follow::AskedHoles;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::QueryTest;
use crate::store::foreign::RowsQuery;
use crate::store::layout::ColumnRef;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::TableRows;

/// Numbered rows. A number is a position or version as esctl shows it.
pub(super) struct NumberedRows<'a> {
    pub(super) rows: &'a TableRows,
    query: RowsQuery,
    /// The column of the number; `None` for the place in an array.
    column: Option<QueryColumn>,
    /// The column of the id, whose value no other event has.
    id: Option<QueryColumn>,
    /// The columns that tell one event from another, and stay as they are when its data is changed; all where there are too few.
    identity: Vec<QueryColumn>,
    /// The difference between the value of the column and the number.
    offset: i64,
    /// True if the version of an event is the count of the rows up to it.
    pub(super) is_counted: bool,
    /// The stream whose rows they are; `None` for all rows.
    stream: Option<String>,
}

impl<'a> NumberedRows<'a> {
    /// Returns all rows in the order over all streams; `None` if there is no order.
    pub(super) fn of_all(opened: &'a Opened) -> Option<Self> {
        let (order, table) = (opened.position()?, opened.tables.first()?);
        let offset = opened.first_position() - 1;
        Some(Self::new(opened, &table.all, table.all.query(0), Some(order.column), offset, false))
    }

    /// Returns the rows of a stream with a name.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if its events have no versions.
    pub(super) fn of_stream(opened: &'a Opened, name: &str, located: &Located) -> Result<Self, StoreError> {
        let table = &opened.tables[located.table];
        let (rows, mut query) = (&table.one, located.of(table.one.query(0)));
        if let Some(order) = &table.counted {
            query.columns.push(order.clone());
            let numbered = Self::new(opened, rows, query, Some(order.clone()), 0, true);
            return Ok(Self { stream: Some(name.to_owned()), ..numbered });
        }
        if rows.version.is_none() && query.unwind.is_none() {
            return Err(StoreError::Invalid(format!("layout {} has no version of events in a stream", opened.name)));
        }
        let numbered = Self::new(opened, rows, query, rows.version.clone(), rows.first_version() - 1, false);
        Ok(Self { stream: Some(name.to_owned()), ..numbered })
    }

    fn new(
        opened: &Opened,
        rows: &'a TableRows,
        query: RowsQuery,
        column: Option<QueryColumn>,
        offset: i64,
        is_counted: bool,
    ) -> Self {
        let captured = rows.plan.captured.as_deref();
        let id = rows.layout.events.id.as_ref();
        let id = id.map(|id| rows.layout.query_column(&opened.catalog, &opened.schema, captured, id));
        let identity = identity_of(rows, &query, id.as_ref());
        Self { rows, query, column, id, identity, offset, is_counted, stream: None }
    }

    /// Returns the query for the next rows after a number, only with their numbers if `only_numbers`.
    pub(super) fn after(&self, number: i64, limit: usize, only_numbers: bool) -> RowsQuery {
        let query = self.bounded(self.ordered(limit), Comparison::After, number);
        if only_numbers { self.only_numbers(query) } else { query }
    }

    /// Returns the query for the last rows up to a number, in descending order.
    pub(super) fn before(&self, number: i64, limit: usize) -> RowsQuery {
        let mut query = self.bounded(self.ordered(limit), Comparison::UpTo, number);
        query.range.backwards = true;
        query
    }

    /// Returns the query for the highest numbers, in descending order.
    pub(super) fn last_numbers(&self, up_to: i64, limit: usize) -> RowsQuery {
        self.only_numbers(self.before(up_to, limit))
    }

    /// Returns the query for the rows with a number.
    pub(super) fn at(&self, number: i64, limit: usize) -> RowsQuery {
        self.bounded(self.ordered(limit), Comparison::Equal, number)
    }

    /// Returns a query for no more than identities, whose answer [`Self::identities`] takes.
    pub(super) fn only_identities(&self, query: RowsQuery) -> RowsQuery {
        if query.unwind.is_some() {
            return query;
        }
        RowsQuery { columns: self.identified_columns(), of_document: 0, ..query }
    }

    /// Returns the numbers and the hashes of rows of which only identities were asked for.
    pub(super) fn identities(&self, rows: &[ForeignRow]) -> Vec<(i64, String)> {
        if self.query.unwind.is_some() {
            return rows.iter().filter_map(|row| Some((self.number(row)?, self.hash(row)))).collect();
        }
        let columns = self.identified_columns();
        let place = self.column.as_ref().and_then(|column| columns.iter().position(|known| known == column));
        let number = |row: &ForeignRow| whole(row.values.get(place?)?)?.checked_sub(self.offset);
        rows.iter().filter_map(|row| Some((number(row)?, self.hash_in(&columns, row)))).collect()
    }

    fn identified_columns(&self) -> Vec<QueryColumn> {
        let mut columns = self.identity.clone();
        columns.extend(self.column.iter().filter(|column| !self.identity.contains(column)).cloned());
        columns
    }

    /// Returns true where rows get lower numbers: those of SQLite without a key of their own, by `VACUUM`.
    pub(super) fn moves(&self, engine: Engine) -> bool {
        engine == Engine::Sqlite && self.column.as_ref().is_some_and(|column| column.name.eq_ignore_ascii_case("rowid"))
    }

    /// Returns the query for a row whose number is below the first one, or that has none.
    pub(super) fn strays(&self) -> Vec<RowsQuery> {
        let Some(column) = &self.column else { return Vec::new() };
        let below = self.bounded(self.ordered(1), Comparison::UpTo, 0);
        let unplaced = RowsQuery { limit: 1, order: Vec::new(), ..self.query.clone() };
        vec![below, unplaced.bound(vec![column.clone()], Comparison::Unplaced, Vec::new())]
    }

    /// Returns the queries for the rows in holes, each with this limit. A place in an array leaves no hole.
    pub(super) fn in_holes(&self, asked: &AskedHoles, limit: usize) -> Vec<RowsQuery> {
        let Some(column) = &self.column else { return Vec::new() };
        let mut queries = Vec::new();
        if !asked.numbers.is_empty() {
            let mut query = self.ordered(limit);
            let raw = asked.numbers.iter().map(|number| Value::from(self.raw(*number)));
            query.conditions.push((column.clone(), QueryTest::In(raw.collect())));
            queries.push(query);
        }
        for (first, last) in &asked.ranges {
            let from = self.bounded(self.ordered(limit), Comparison::From, *first);
            queries.push(self.bounded(from, Comparison::UpTo, *last));
        }
        queries
    }

    /// Returns the query for the number of rows up to a number.
    pub(super) fn up_to(&self, number: i64) -> RowsQuery {
        self.bounded(self.query.clone(), Comparison::UpTo, number)
    }

    /// Returns a number in words.
    pub(super) fn shown(&self, number: i64) -> String {
        match &self.stream {
            Some(stream) => format!("version {number} of stream {stream}"),
            None => format!("position {number}"),
        }
    }

    /// Returns the number of a row; `None` if it has none.
    pub(super) fn number(&self, row: &ForeignRow) -> Option<i64> {
        let Some(column) = &self.column else { return row.place.and_then(|place| i64::try_from(place + 1).ok()) };
        let place = if row.values.len() == 1 { Some(0) } else { self.query.columns.iter().position(|known| known == column) };
        whole(row.values.get(place?)?)?.checked_sub(self.offset)
    }

    /// Returns a hash of the identity of a row: its id, or the other values that stay as they are. The number is no part of it.
    pub(super) fn hash(&self, row: &ForeignRow) -> String {
        self.hash_in(&self.query.columns, row)
    }

    fn hash_in(&self, columns: &[QueryColumn], row: &ForeignRow) -> String {
        let is_number = |column: &QueryColumn| Some(column) == self.column.as_ref();
        let value =
            |wanted: &QueryColumn| columns.iter().position(|known| known == wanted).and_then(|place| row.values.get(place));
        let id = self.id.as_ref().filter(|id| !is_number(id)).and_then(value);
        match id.filter(|id| **id != ForeignValue::Null) {
            Some(id) => hash_of([id]),
            None => hash_of(self.identity.iter().filter(|column| !is_number(column)).filter_map(value)),
        }
    }

    fn ordered(&self, limit: usize) -> RowsQuery {
        RowsQuery { order: self.column.iter().cloned().collect(), limit, ..self.query.clone() }
    }

    fn raw(&self, number: i64) -> i64 {
        number.saturating_add(self.offset)
    }

    fn bounded(&self, mut query: RowsQuery, comparison: Comparison, number: i64) -> RowsQuery {
        if let Some(column) = &self.column {
            return query.bound(vec![column.clone()], comparison, vec![ForeignValue::Integer(self.raw(number))]);
        }
        let place = |number: i64| usize::try_from(number.max(0)).unwrap_or(usize::MAX);
        let (first, last) = query.range.places.unwrap_or((0, usize::MAX));
        query.range.places = Some(match comparison {
            Comparison::After => (first.max(place(number)), last),
            Comparison::Equal => (place(number - 1), place(number - 1)),
            _ if number < 1 => (usize::MAX, 0),
            _ => (first, last.min(place(number - 1))),
        });
        query
    }

    fn only_numbers(&self, query: RowsQuery) -> RowsQuery {
        match &self.column {
            Some(column) => RowsQuery { columns: vec![column.clone()], of_document: 0, ..query },
            None => query,
        }
    }
}

/// Returns the columns that tell one event from another: id, stream, version, type and time. Without an id and a time, these are all
/// columns, since an event that replaced another one may differ in any value.
fn identity_of(rows: &TableRows, query: &RowsQuery, id: Option<&QueryColumn>) -> Vec<QueryColumn> {
    let events = &rows.layout.events;
    let time = events.time.as_ref().filter(|time| time.path.is_empty()).map(|time| &time.column);
    if id.is_none() && time.is_none() {
        return query.columns.clone();
    }
    let kind = Some(&events.type_name).filter(|kind| kind.json.is_none() && !kind.key).map(|kind| &kind.column);
    let named: Vec<&ColumnRef> = time.into_iter().chain(kind).collect();
    let is_part = |column: &&QueryColumn| {
        Some(*column) == id
            || rows.parts.contains(column)
            || rows.version.as_ref() == Some(*column)
            || named.iter().any(|named| named.alias == column.alias && named.name == column.name)
    };
    query.columns.iter().filter(is_part).cloned().collect()
}

/// Returns a value as a whole number.
fn whole(value: &ForeignValue) -> Option<i64> {
    match value {
        ForeignValue::Integer(number) => Some(*number),
        // A numeric column may have digits after the point.
        ForeignValue::Number(text) => {
            let (digits, rest) = text.split_once('.').unwrap_or((text, ""));
            digits.parse().ok().filter(|_| rest.bytes().all(|digit| digit == b'0'))
        }
        _ => None,
    }
}

/// Returns a hash of values, as 16 hexadecimal digits.
pub(super) fn hash_of<'v>(values: impl IntoIterator<Item = &'v ForeignValue>) -> String {
    let mut hash = Sha256::new();
    for value in values {
        let (kind, number, bytes): (u8, i64, &[u8]) = match value {
            ForeignValue::Null => (0, 0, &[]),
            ForeignValue::Boolean(flag) => (1, i64::from(*flag), &[]),
            ForeignValue::Integer(number) => (2, *number, &[]),
            ForeignValue::Number(digits) => (3, 0, digits.as_bytes()),
            ForeignValue::Text(text) => (4, 0, text.as_bytes()),
            ForeignValue::Json(text) => (5, 0, text.as_bytes()),
            ForeignValue::Bytes(bytes) => (6, 0, bytes),
            ForeignValue::Micros(micros) => (7, *micros, &[]),
        };
        hash.update([kind]);
        hash.update(number.to_be_bytes());
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
