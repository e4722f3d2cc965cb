//! The events after a place: their number, and the first of them.

use serde_json::Value;

use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::QueryTest;
use crate::store::foreign::RowsQuery;
use crate::store::layout::ConditionTest;
use crate::store::layout::TimeForm;
use crate::store::layout_store::layout_tables::LayoutTables;
use crate::store::layout_store::table::TableRows;

/// The events after a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The number of events.
    pub events: u64,
    /// The time of the first one, if it has one that can be read.
    pub first_recorded_at: Option<Timestamp>,
}

impl LayoutTables {
    /// Returns the highest position, from 1; 0 without events. `None` if the store has no positions, or one beyond 64 bits.
    pub async fn last_position(&self) -> Result<Option<i64>, StoreError> {
        let opened = self.opened().await?;
        let Some(order) = opened.position() else { return Ok(None) };
        let last = self.opening.database.rows(order.last()).await.map_err(StoreError::of_foreign)?;
        match last.first().and_then(|row| row.values.first()) {
            Some(value) => Ok(opened.position_of(value)),
            None => Ok(Some(0)),
        }
    }

    /// Returns the position of the last event, from 1, and its time if it has one; `None` without events.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the store has no positions.
    pub async fn last_event(&self) -> Result<Option<(i64, Option<Timestamp>)>, StoreError> {
        let opened = self.opened().await?;
        let (Some(order), Some(table)) = (opened.position(), opened.tables.first()) else {
            return Err(StoreError::Invalid(format!(
                "layout {} has no order over all streams, so no event is the last",
                opened.name
            )));
        };
        let mut query = table.all.query(1).bound(vec![order.column.clone()], Comparison::Present, Vec::new());
        query.order = vec![order.column];
        query.range.backwards = true;
        let rows = self.opening.database.rows(query).await.map_err(StoreError::of_foreign)?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mapper = table.all.mapper();
        let time = mapper.map(&row.values, row.place).ok().and_then(|event| event.recorded_at);
        Ok(Some((mapper.position_in(&row.values).unwrap_or(0), time)))
    }

    /// Returns the version of a stream, from 1; 0 if it has no events.
    pub async fn last_version(&self, stream: &str) -> Result<i64, StoreError> {
        let version = self.opened().await?.version(&*self.opening.database, stream).await.map_err(StoreError::of_foreign)?;
        Ok(i64::try_from(version).unwrap_or(i64::MAX))
    }

    /// Returns the events after a position; `None` if the store has no positions, or if its database cannot tell hidden events.
    pub async fn after_position(&self, position: i64) -> Result<Option<Waiting>, StoreError> {
        let opened = self.opened().await?;
        let (Some(order), Some(table)) = (opened.position(), opened.tables.first()) else { return Ok(None) };
        let raw = position.saturating_sub(1).saturating_add(opened.first_position());
        let query = table.all.query(1).bound(vec![order.column.clone()], Comparison::After, vec![ForeignValue::Integer(raw)]);
        self.waiting(&table.all, query, Some(order.column)).await
    }

    /// Returns all events; `None` if the database cannot tell hidden events.
    pub async fn all_events(&self) -> Result<Option<Waiting>, StoreError> {
        let opened = self.opened().await?;
        let mut found = Waiting::default();
        for table in &opened.tables {
            let rows = &table.all;
            // Without an order, the time of the first event is not known.
            let order = compared_time(rows, opened.catalog.engine, Timestamp::MIN).map(|(column, _)| column);
            let Some(waiting) = self.waiting(rows, rows.query(1), order).await? else { return Ok(None) };
            found.add(waiting);
        }
        Ok(Some(found))
    }

    /// Returns the events of a stream after a version; `None` if its rows have no versions, or if its database cannot tell hidden
    /// events.
    pub async fn after_version(&self, stream: &str, version: i64) -> Result<Option<Waiting>, StoreError> {
        let opened = self.opened().await?;
        let located = opened.locate(&*self.opening.database, stream).await.map_err(StoreError::of_foreign)?;
        let Some(located) = located else { return Ok(Some(Waiting::default())) };
        let rows = &opened.tables[located.table].one;
        let Some(column) = rows.version.clone() else { return Ok(None) };
        let raw = ForeignValue::Integer(version.saturating_sub(1).saturating_add(rows.first_version()));
        let query = located.of(rows.query(1)).bound(vec![column.clone()], Comparison::After, vec![raw]);
        self.waiting(rows, query, Some(column)).await
    }

    /// Returns the events after a time; `None` if the database cannot compare the times of this store, or cannot tell hidden events.
    pub async fn after_time(&self, time: Timestamp) -> Result<Option<Waiting>, StoreError> {
        let opened = self.opened().await?;
        let mut found = Waiting::default();
        for table in &opened.tables {
            let rows = &table.all;
            let Some((column, value)) = compared_time(rows, opened.catalog.engine, time) else { return Ok(None) };
            let query = rows.query(1).bound(vec![column.clone()], Comparison::After, vec![value]);
            let Some(waiting) = self.waiting(rows, query, Some(column)).await? else { return Ok(None) };
            found.add(waiting);
        }
        Ok(Some(found))
    }

    /// Counts rows without the hidden ones, and reads the first of them if they have an order.
    async fn waiting(
        &self,
        rows: &TableRows,
        mut query: RowsQuery,
        order: Option<QueryColumn>,
    ) -> Result<Option<Waiting>, StoreError> {
        let engine = self.opened().await?.catalog.engine;
        let Some(shown) = shown(rows, engine) else { return Ok(None) };
        query.conditions.extend(shown);
        let database = &*self.opening.database;
        let events = database.count(query.clone()).await.map_err(StoreError::of_foreign)?;
        let (true, Some(order)) = (events > 0, order) else { return Ok(Some(Waiting { events, first_recorded_at: None })) };
        let first = database.rows(RowsQuery { order: vec![order], ..query }).await.map_err(StoreError::of_foreign)?;
        let event = first.first().and_then(|row| rows.mapper().map(&row.values, row.place).ok());
        Ok(Some(Waiting { events, first_recorded_at: event.and_then(|event| event.recorded_at) }))
    }
}

impl Waiting {
    /// Adds those of another table.
    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.first_recorded_at = self.first_recorded_at.into_iter().chain(other.first_recorded_at).min();
    }
}

/// Returns the conditions that leave out hidden rows; `None` if the database decides on them in another way than the mapping of rows.
fn shown(rows: &TableRows, engine: Engine) -> Option<Vec<(QueryColumn, QueryTest)>> {
    let Some(hidden) = &rows.layout.events.hidden else { return Some(Vec::new()) };
    let is_it = |known: &&QueryColumn| known.alias == hidden.column.alias && known.name == hidden.column.name;
    let column = rows.plan.query.columns.iter().find(is_it).filter(|_| rows.plan.query.unwind.is_none())?;
    let is_same = |value: &Value| match (value, column.class) {
        (Value::Bool(_), ColumnClass::Boolean) | (Value::String(_), ColumnClass::Text) => true,
        (Value::Bool(_), ColumnClass::Integer) => engine == Engine::Sqlite,
        (Value::Number(_), ColumnClass::Integer) => true,
        _ => false,
    };
    let tests: Vec<QueryTest> = match &hidden.test {
        ConditionTest::Is(value) if is_same(value) => vec![QueryTest::IsNot(value.clone())],
        ConditionTest::IsNot(value) if is_same(value) => vec![QueryTest::Is(value.clone())],
        ConditionTest::In(values) if values.iter().all(is_same) => values.iter().cloned().map(QueryTest::IsNot).collect(),
        _ => return None,
    };
    Some(tests.into_iter().map(|test| (column.clone(), test)).collect())
}

/// Returns the column of the time, and a time in its form; `None` if the database does not order its values by time.
fn compared_time(rows: &TableRows, engine: Engine, time: Timestamp) -> Option<(QueryColumn, ForeignValue)> {
    let form = rows.layout.events.time.as_ref().filter(|time| time.path.is_empty())?;
    if rows.plan.query.unwind.is_some() {
        return None;
    }
    let is_it = |known: &&QueryColumn| known.alias == form.column.alias && known.name == form.column.name;
    let column = rows.plan.query.columns.iter().find(is_it)?.clone();
    let value = match (engine, column.class, form.form) {
        (Engine::Postgres, ColumnClass::Instant | ColumnClass::LocalTime, _) => ForeignValue::Text(time.to_string().into()),
        (Engine::Mongodb, ColumnClass::Instant, _) => ForeignValue::Micros(time.micros()),
        (_, ColumnClass::Integer, TimeForm::EpochS) => ForeignValue::Integer(time.micros().div_euclid(1_000_000)),
        (_, ColumnClass::Integer, TimeForm::EpochMs) => ForeignValue::Integer(time.micros().div_euclid(1_000)),
        (_, ColumnClass::Integer, TimeForm::EpochUs) => ForeignValue::Integer(time.micros()),
        _ => return None,
    };
    Some((column, value))
}
