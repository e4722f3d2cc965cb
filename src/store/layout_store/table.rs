//! A table of events: its rows in the order of all streams, and those of one stream.

use crate::store::foreign::Catalog;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout::ColumnRef;
use crate::store::layout::EventMapper;
use crate::store::layout::EventPlan;
use crate::store::layout::Layout;
use crate::store::layout::Rows;
use crate::store::layout_store::located::Located;

/// A table of events.
pub(super) struct EventTable {
    /// The rows in the order of all streams.
    pub(super) all: TableRows,
    /// The rows of one stream.
    pub(super) one: TableRows,
    /// The column in whose order the versions of one stream are counted, where rows have no version.
    pub(super) counted: Option<QueryColumn>,
}

/// The rows of a table, and the layout that maps them.
pub(super) struct TableRows {
    pub(super) layout: Layout,
    pub(super) plan: EventPlan,
    /// The column of the version.
    pub(super) version: Option<QueryColumn>,
    /// The columns that make the name of the stream.
    pub(super) parts: Vec<QueryColumn>,
}

impl EventTable {
    pub(super) fn new(layout: &Layout, catalog: &Catalog, schema: &str, table: &str) -> Self {
        let captured = layout.events.rows.from.capture(table).map(str::to_owned);
        let of_one = of_one_stream(layout);
        let name = of_one.events.rows.from.with(captured.as_deref());
        let one = TableRows::new(of_one, catalog, schema, &name, captured.as_deref());
        let order = layout.one_stream.as_ref().and_then(|one| one.order.as_ref());
        let counted = order.map(|column| one.layout.query_column(catalog, schema, captured.as_deref(), column));
        let all = TableRows::new(layout.clone(), catalog, schema, table, captured.as_deref());
        Self { all, one, counted }
    }
}

impl TableRows {
    pub(super) fn new(layout: Layout, catalog: &Catalog, schema: &str, table: &str, captured: Option<&str>) -> Self {
        let mut plan = EventPlan::new(&layout, catalog, schema, table, 0);
        plan.captured = captured.map(str::to_owned);
        let column = |column: &ColumnRef| layout.query_column(catalog, schema, captured, column);
        let version = layout.events.version.as_ref().and_then(|version| version.column.as_ref()).map(column);
        let parts = layout.events.stream.iter().flat_map(|stream| &stream.parts).map(column).collect();
        Self { version, parts, plan, layout }
    }

    /// Returns the mapper of the rows.
    pub(super) fn mapper(&self) -> EventMapper<'_> {
        EventMapper::new(&self.layout, &self.plan)
    }

    /// Returns the values of the columns of a stream as a row has them.
    pub(super) fn stored_key(&self, located: &Located, row: &ForeignRow) -> Vec<ForeignValue> {
        let (columns, values) = &located.key;
        let stored = columns.iter().zip(values).map(|(column, value)| {
            let place = self.plan.query.columns.iter().position(|known| known.alias == column.alias && known.name == column.name);
            place.and_then(|place| row.values.get(place)).unwrap_or(value).clone()
        });
        stored.collect()
    }

    /// Returns the version of a stream's first event.
    pub(super) fn first_version(&self) -> i64 {
        // The place in an array is mapped to a version from 1.
        self.layout.events.version.as_ref().map_or(1, |version| version.first)
    }

    /// Returns the query for the rows, in no order.
    pub(super) fn query(&self, limit: usize) -> RowsQuery {
        RowsQuery { order: Vec::new(), limit, ..self.plan.query.clone() }
    }
}

/// Returns a layout whose events are the rows of one stream.
fn of_one_stream(layout: &Layout) -> Layout {
    let mut layout = layout.clone();
    let Some(one) = layout.one_stream.clone() else { return layout };
    let events = &mut layout.events;
    let table_of = |rows: &Rows, alias: &str| {
        let joined = rows.join.iter().find(|join| join.alias == alias);
        joined.map_or_else(|| (rows.alias == alias).then(|| rows.from.clone()), |join| Some(join.table.clone()))
    };
    // Under a condition of its own, the same table has other rows, and its column another meaning.
    let same_rows = |column: &ColumnRef| {
        let conditions = events.rows.conditions.iter().filter(|condition| condition.column.alias == column.alias);
        table_of(&events.rows, &column.alias) == table_of(&one.rows, &column.alias)
            && conditions.into_iter().all(|condition| one.rows.conditions.contains(condition))
    };
    events.position = events.position.take().filter(same_rows);
    if let Some(stream) = &mut events.stream {
        if !one.parts.is_empty() {
            stream.parts = one.parts;
        }
        stream.number = one.number.or(stream.number.take());
        stream.key = Vec::new();
    }
    events.version = one.version.or(events.version.take());
    events.rows = one.rows;
    layout
}
