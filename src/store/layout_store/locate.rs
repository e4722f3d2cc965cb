//! Finds the place of a stream by its name.

use std::sync::PoisonError;

use crate::store::error::StoreError;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout_store::located::Located;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::EventTable;
use crate::store::layout_store::table::TableRows;

impl Opened {
    /// Returns the place of a stream; `None` if it has no events.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if several streams have this name.
    pub(super) async fn locate(&self, database: &dyn ForeignDatabase, name: &str) -> Result<Option<Located>, StoreError> {
        if let Some((known, located)) = &*self.located.lock().unwrap_or_else(PoisonError::into_inner)
            && known == name
            && located.is_some()
        {
            return Ok(located.clone());
        }
        let mut candidates = Vec::new();
        for (place, table) in self.tables.iter().enumerate() {
            for values in table.one.values_of(self.catalog.engine, name)? {
                candidates.extend(self.candidates(database, place, table, values).await?);
            }
        }
        let queries = candidates.iter().map(|located| located.of(self.tables[located.table].one.query(1))).collect();
        let rows = database.rows_of(queries).await?;
        let mut found: Vec<(Located, Vec<ForeignValue>)> = Vec::new();
        for (located, rows) in candidates.into_iter().zip(rows) {
            let Some(row) = rows.into_iter().next() else { continue };
            // Two forms of a value may find the same rows.
            let stored = self.tables[located.table].one.stored_key(&located, &row);
            if !found.iter().any(|(known, key)| known.table == located.table && *key == stored) {
                found.push((located, stored));
            }
        }
        if found.len() > 1 {
            let message = format!("{} streams have the name {name}: their columns have other values", found.len());
            return Err(StoreError::integrity(message));
        }
        let located = found.pop().map(|(located, _)| located);
        *self.located.lock().unwrap_or_else(PoisonError::into_inner) = Some((name.to_owned(), located.clone()));
        Ok(located)
    }

    /// Returns the places that a stream would have, with the number in place of its name where there is one.
    async fn candidates(
        &self,
        database: &dyn ForeignDatabase,
        place: usize,
        table: &EventTable,
        values: Vec<ForeignValue>,
    ) -> Result<Vec<Located>, StoreError> {
        let parts = table.one.parts.clone();
        let Some((column, key)) = self.number(&table.one) else {
            return Ok(vec![Located { table: place, key: (parts, values) }]);
        };
        let Some(names) = self.joined_names(&table.one, vec![key]) else {
            return Ok(vec![Located { table: place, key: (parts, values) }]);
        };
        let named = Located { table: place, key: (parts, values) };
        let found = database.rows(named.of(RowsQuery { limit: 2, ..names })).await?;
        let numbers = found.into_iter().filter_map(|row| row.values.into_iter().next());
        Ok(numbers.map(|number| Located { table: place, key: (vec![column.clone()], vec![number]) }).collect())
    }

    /// Returns the column with the number of a stream, and that of its key in the joined table of names.
    pub(super) fn number(&self, rows: &TableRows) -> Option<(QueryColumn, QueryColumn)> {
        let number = rows.layout.events.stream.as_ref()?.number.as_ref()?;
        let captured = rows.plan.captured.as_deref();
        let column = |column| rows.layout.query_column(&self.catalog, &self.schema, captured, column);
        Some((column(&number.column), column(&number.key)))
    }

    /// Returns the query for columns of the joined table that holds the names of streams.
    pub(super) fn joined_names(&self, rows: &TableRows, columns: Vec<QueryColumn>) -> Option<RowsQuery> {
        let alias = &rows.parts.first()?.alias;
        let join = rows.plan.query.joins.iter().find(|join| join.alias == *alias)?;
        Some(RowsQuery {
            schema: self.schema.clone(),
            from: join.table.clone(),
            alias: join.alias.clone(),
            joins: Vec::new(),
            conditions: Vec::new(),
            unwind: None,
            columns,
            of_document: 0,
            order: Vec::new(),
            limit: 1,
            range: Default::default(),
        })
    }
}
