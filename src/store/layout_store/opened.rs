//! A layout in a database: its tables, and the order of their rows.

use std::sync::Mutex;

use crate::store::foreign::Catalog;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout::whole_of;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::read_ahead::ReadAhead;
use crate::store::layout_store::table::EventTable;

/// A layout in a database.
pub(super) struct Opened {
    /// The name of the layout.
    pub(super) name: String,
    pub(super) catalog: Catalog,
    pub(super) schema: String,
    /// The tables of events.
    pub(super) tables: Vec<EventTable>,
    /// The stream that was looked for last.
    pub(super) located: Mutex<Option<(String, Option<Located>)>>,
    /// The next page of all streams.
    pub(super) ahead: ReadAhead,
}

/// The order over all streams.
pub(super) struct PositionOrder<'a> {
    pub(super) query: &'a RowsQuery,
    pub(super) column: QueryColumn,
    /// True if an index gives the order.
    pub(super) indexed: bool,
}

impl Opened {
    /// Returns the order over all streams, if there is one.
    pub(super) fn position(&self) -> Option<PositionOrder<'_>> {
        // The positions of several tables are not in one order.
        let [table] = self.tables.as_slice() else { return None };
        let rows = &table.all;
        let position = rows.layout.events.position.as_ref()?;
        let column = rows.layout.query_column(&self.catalog, &self.schema, rows.plan.captured.as_deref(), position);
        let query = &rows.plan.query;
        let is_own = column.alias.is_empty() || column.alias == query.alias;
        let indexed = is_own && query.order.first().is_some_and(|first| first.name == column.name);
        Some(PositionOrder { query, column, indexed })
    }

    /// Returns the lowest position that the store gives out, which is shown as 1.
    pub(super) fn first_position(&self) -> i64 {
        self.tables.first().map_or(1, |table| table.all.layout.events.first_position)
    }

    /// Returns a stored position as it is shown, from 1; `None` if it is no whole number of 64 bits.
    pub(super) fn position_of(&self, value: &ForeignValue) -> Option<i64> {
        let column = self.tables.first()?.all.layout.events.position.as_ref()?;
        whole_of(value, column).ok()?.checked_sub(self.first_position())?.checked_add(1)
    }

    /// Returns a table of the catalog.
    pub(super) fn table(&self, name: &str) -> Option<&ForeignTable> {
        self.catalog.table(&self.schema, name)
    }
}

impl PositionOrder<'_> {
    /// Returns the query for the highest position.
    pub(super) fn last(&self) -> RowsQuery {
        let columns = vec![self.column.clone()];
        // A row without a position is no event. Its mapping reports it.
        let mut query =
            RowsQuery { order: columns.clone(), columns: columns.clone(), of_document: 0, limit: 1, ..self.query.clone() };
        query.range.backwards = true;
        query.bound(columns, Comparison::Present, Vec::new())
    }
}
