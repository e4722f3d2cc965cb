//! The query for the rows of a layout in a database, and the places of its columns in a row.

use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::QueryJoin;
use crate::store::foreign::QueryTest;
use crate::store::foreign::RowsQuery;
use crate::store::foreign::RowsRange;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::index_order::gives_order;
use crate::store::layout::model::ConditionTest;
use crate::store::layout::model::Layout;
use crate::store::layout::model::Rows;

/// The query for the events in one table, and the columns of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPlan {
    /// The text of the placeholder in the name of the table, if there is one.
    pub captured: Option<String>,
    /// The query.
    pub query: RowsQuery,
    /// The references of the layout, in the order of the columns of a row.
    columns: Vec<ColumnRef>,
}

impl EventPlan {
    /// Returns the plan for a table of events, which exists. Optional columns that the table lacks are left out.
    pub fn new(layout: &Layout, catalog: &Catalog, schema: &str, table: &str, limit: usize) -> Self {
        let events = &layout.events;
        let captured = events.rows.from.capture(table).map(str::to_owned);
        let places =
            Places { rows: &events.rows, catalog, schema, captured: captured.as_deref(), inside: events.unwind.as_deref() };
        let stream = events.stream.iter().flat_map(|stream| stream.parts.iter());
        let mut columns = Vec::new();
        for column in stream {
            places.add(&mut columns, column, false);
        }
        let of_document = columns.len();
        let inside = events.unwind.is_some();
        for column in layout.value_columns() {
            places.add(&mut columns, column, inside);
        }
        let order = places.order(layout);
        let query = RowsQuery {
            schema: schema.to_owned(),
            from: table.to_owned(),
            alias: events.rows.alias.clone(),
            joins: places.joins(),
            conditions: places.conditions(),
            unwind: events.unwind.clone(),
            columns: columns
                .iter()
                .enumerate()
                .map(|(place, column)| places.query(column, inside && place >= of_document))
                .collect(),
            of_document,
            order,
            limit,
            range: RowsRange::default(),
        };
        Self { captured, query, columns }
    }

    /// Returns the place of a column in a row; `None` if the table lacks it.
    pub(super) fn place(&self, column: &ColumnRef, of_document: bool) -> Option<usize> {
        let skipped = if self.query.unwind.is_some() && !of_document { self.query.of_document } else { 0 };
        let found = self.columns.iter().skip(skipped).position(|known| known.name == column.name && known.alias == column.alias);
        found.map(|place| place + skipped)
    }
}

impl EventPlan {
    /// Returns the class of a column of the values of an event.
    pub(super) fn class(&self, column: &ColumnRef) -> Option<ColumnClass> {
        self.query.columns.get(self.place(column, false)?).map(|column| column.class)
    }
}

impl Layout {
    /// Returns a column of the rows of events, with the class of its type.
    pub(crate) fn query_column(
        &self,
        catalog: &Catalog,
        schema: &str,
        captured: Option<&str>,
        column: &ColumnRef,
    ) -> QueryColumn {
        Places { rows: &self.events.rows, catalog, schema, captured, inside: None }.query(column, false)
    }

    /// Returns the columns of the values of an event, without those of the stream.
    fn value_columns(&self) -> Vec<&ColumnRef> {
        let events = &self.events;
        let version = events.version.iter().filter_map(|version| version.column.as_ref());
        let ids = events.id.iter().chain(&events.correlation_id).chain(&events.causation_id).chain(&events.client_id);
        let metadata = events.metadata.iter().flat_map(|metadata| &metadata.payload.columns);
        let hidden = events.hidden.iter().map(|hidden| &hidden.column);
        let columns = events
            .position
            .iter()
            .chain(version)
            .chain([&events.type_name.column])
            .chain(events.time.iter().map(|time| &time.column));
        columns.chain(ids).chain(&events.data.columns).chain(metadata).chain(events.extra.values()).chain(hidden).collect()
    }
}

struct Places<'a> {
    rows: &'a Rows,
    catalog: &'a Catalog,
    schema: &'a str,
    captured: Option<&'a str>,
    inside: Option<&'a str>,
}

impl Places<'_> {
    /// Returns the class of a column; `None` if its table lacks it.
    fn class(&self, column: &ColumnRef, inside: bool) -> Option<ColumnClass> {
        let joined = self.rows.join.iter().find(|join| join.alias == column.alias);
        let table = joined.map_or(&self.rows.from, |join| &join.table).with(self.captured);
        let name = match self.inside.filter(|_| inside) {
            Some(array) => format!("{array}.{}", column.name),
            None => column.name.clone(),
        };
        Some(self.catalog.table(self.schema, &table)?.column(&name)?.class)
    }

    /// Adds a column once. A field of MongoDB may be in documents that were not sampled.
    fn add(&self, columns: &mut Vec<ColumnRef>, column: &ColumnRef, inside: bool) {
        let is_there = column.alias.is_empty() || self.class(column, inside).is_some();
        if is_there && !columns.iter().any(|known| known.alias == column.alias && known.name == column.name) {
            columns.push(column.clone());
        }
    }

    fn query(&self, column: &ColumnRef, inside: bool) -> QueryColumn {
        let class = self.class(column, inside).unwrap_or(ColumnClass::Other);
        QueryColumn { alias: column.alias.clone(), name: column.name.clone(), class }
    }

    fn joins(&self) -> Vec<QueryJoin> {
        let pair = |[left, right]: &[ColumnRef; 2]| [left, right].map(|column| (column.alias.clone(), column.name.clone()));
        let joins = self.rows.join.iter().map(|join| QueryJoin {
            table: join.table.with(self.captured),
            alias: join.alias.clone(),
            on: join.on.iter().map(pair).collect(),
            first_by: join.first_by.as_ref().map(|column| column.name.clone()),
        });
        joins.collect()
    }

    fn conditions(&self) -> Vec<(QueryColumn, QueryTest)> {
        let test = |test: &ConditionTest| match test {
            ConditionTest::Is(value) => QueryTest::Is(value.clone()),
            ConditionTest::IsNot(value) => QueryTest::IsNot(value.clone()),
            ConditionTest::In(values) => QueryTest::In(values.clone()),
            ConditionTest::SameAs(column) => QueryTest::SameAs(self.query(column, false)),
        };
        let conditions = self.rows.conditions.iter();
        conditions.map(|condition| (self.query(&condition.column, false), test(&condition.test))).collect()
    }

    /// Returns the order of an index that has all rows: by position, else by stream and version. Without an index there is no
    /// order, because sorting a whole table takes long.
    fn order(&self, layout: &Layout) -> Vec<QueryColumn> {
        let events = &layout.events;
        let Some(table) = self.catalog.table(self.schema, &self.rows.from.with(self.captured)) else { return Vec::new() };
        let own = |column: &&ColumnRef| column.alias.is_empty() || column.alias == self.rows.alias;
        if let Some(position) = events.position.as_ref().filter(own)
            && gives_order(table, self.rows, &[&position.name])
        {
            return vec![self.query(position, false)];
        }
        let Some(stream) = &events.stream else { return Vec::new() };
        let key = if stream.key.is_empty() { &stream.parts } else { &stream.key };
        let version = events.version.as_ref().and_then(|version| version.column.as_ref());
        let columns: Vec<&ColumnRef> = key.iter().chain(version).collect();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        if columns.iter().all(own) && gives_order(table, self.rows, &names) {
            return columns.into_iter().map(|column| self.query(column, false)).collect();
        }
        Vec::new()
    }
}
