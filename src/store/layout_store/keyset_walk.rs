//! Reads all rows of a query in the order of columns, page by page. No row is passed over or read twice, also where several rows
//! have the same values.

use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;

/// The maximum number of rows with the same values that are read.
const MAX_SAME: usize = 10_000;

/// A part of the rows.
#[derive(Debug, Default)]
pub(super) struct KeysetPage {
    pub(super) rows: Vec<ForeignRow>,
    /// True if there are more rows with the values of the last one. They are passed over.
    pub(super) more: bool,
}

/// A reading of all rows.
pub(super) struct KeysetWalk {
    query: RowsQuery,
    /// The places of the columns of the order in a row.
    places: Vec<usize>,
    after: Option<Vec<ForeignValue>>,
    end: bool,
}

impl KeysetWalk {
    /// Begins before the first row. Columns of the order that a row lacks are added at its end.
    pub(super) fn new(query: RowsQuery, order: Vec<QueryColumn>, rows: usize) -> Self {
        let mut query = RowsQuery { limit: rows + 1, ..query };
        let mut places = Vec::new();
        for column in &order {
            let is_it = |known: &QueryColumn| known.alias == column.alias && known.name == column.name;
            places.push(query.columns.iter().position(is_it).unwrap_or(query.columns.len()));
            if !query.columns.iter().any(is_it) {
                query.columns.push(column.clone());
            }
        }
        query.order = order;
        Self { query, places, after: None, end: false }
    }

    /// Reads the next rows; `None` after the last.
    pub(super) async fn next(&mut self, database: &dyn ForeignDatabase) -> Result<Option<KeysetPage>, StoreError> {
        if self.end {
            return Ok(None);
        }
        if self.query.order.is_empty() {
            return self.first_rows(database).await.map(Some);
        }
        let mut query = self.query.clone();
        if let Some(after) = &self.after {
            query = query.bound(self.query.order.clone(), Comparison::After, after.clone());
        }
        let mut rows = database.rows(query).await?;
        let bytes: usize = rows.iter().map(ForeignRow::bytes).sum();
        self.end = rows.len() < self.query.limit && bytes < RowsQuery::MAX_BYTES;
        let Some(last) = rows.last().map(|row| self.key(row)).filter(|_| !self.end) else {
            self.end = true;
            return Ok(Some(KeysetPage { rows, more: false }));
        };
        // Further rows may have the same values as the last one.
        let kept = rows.iter().take_while(|row| self.key(row) != last).count();
        if kept > 0 {
            rows.truncate(kept);
            self.after = rows.last().map(|row| self.key(row));
            return Ok(Some(KeysetPage { rows, more: false }));
        }
        let mut same = RowsQuery { limit: MAX_SAME + 1, ..self.query.clone() };
        same.range.large = true;
        let mut rows = database.rows(same.bound(self.query.order.clone(), Comparison::Equal, last.clone())).await?;
        let more = rows.len() > MAX_SAME;
        rows.truncate(MAX_SAME);
        self.after = Some(last);
        Ok(Some(KeysetPage { rows, more }))
    }

    /// Reads the first rows, in no order.
    async fn first_rows(&mut self, database: &dyn ForeignDatabase) -> Result<KeysetPage, StoreError> {
        self.end = true;
        let rows = database.rows(RowsQuery { limit: MAX_SAME, ..self.query.clone() }).await?;
        let bytes: usize = rows.iter().map(ForeignRow::bytes).sum();
        Ok(KeysetPage { more: rows.len() == MAX_SAME || bytes >= RowsQuery::MAX_BYTES, rows })
    }

    fn key(&self, row: &ForeignRow) -> Vec<ForeignValue> {
        self.places.iter().map(|place| row.values.get(*place).cloned().unwrap_or(ForeignValue::Null)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusqlite::Connection;

    use super::KeysetWalk;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::ForeignValue;
    use crate::store::foreign::QueryColumn;
    use crate::store::foreign::RowsQuery;
    use crate::store::foreign::RowsRange;
    use crate::store::foreign::open_foreign;
    use crate::store::options::OpenOptions;
    use crate::store::url::StoreUrl;

    #[tokio::test]
    async fn each_row_is_read_once_also_where_many_have_the_same_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (a INT, b INT)").unwrap();
        let values = [1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 6, 6];
        for (number, value) in values.iter().enumerate() {
            connection.execute("INSERT INTO t VALUES (?1, ?2)", (value, number as i64)).unwrap();
        }
        let database = open_foreign(&StoreUrl::SqliteFile(path), &OpenOptions::new(Duration::from_secs(5))).unwrap();
        let column = |name: &str| QueryColumn { alias: "t".into(), name: name.into(), class: ColumnClass::Integer };
        let query = RowsQuery {
            schema: String::new(),
            from: "t".into(),
            alias: "t".into(),
            joins: Vec::new(),
            conditions: Vec::new(),
            unwind: None,
            columns: vec![column("b")],
            of_document: 0,
            order: Vec::new(),
            limit: 0,
            range: RowsRange::default(),
        };
        for page in 1..14 {
            let mut walk = KeysetWalk::new(query.clone(), vec![column("a")], page);
            let mut found = Vec::new();
            while let Some(page) = walk.next(&*database).await.unwrap() {
                assert!(!page.more);
                found.extend(page.rows.into_iter().map(|row| row.values[0].clone()));
            }
            let mut numbers: Vec<i64> = found
                .iter()
                .map(|value| match value {
                    ForeignValue::Integer(number) => *number,
                    other => panic!("{other:?}"),
                })
                .collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..values.len() as i64).collect::<Vec<_>>(), "{page}");
        }
    }
}
