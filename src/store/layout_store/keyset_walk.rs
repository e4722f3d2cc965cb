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

/// The outcome of an answer.
enum Step {
    /// These rows.
    Part(Vec<ForeignRow>),
    /// All rows have these values, and there may be more of them.
    Same(Vec<ForeignValue>),
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
        let step = self.step(database.rows(self.next_query()).await?);
        Ok(Some(match step {
            Step::Part(rows) => KeysetPage { rows, more: false },
            Step::Same(values) => {
                let mut same = RowsQuery { limit: MAX_SAME + 1, ..self.query.clone() };
                same.range.large = true;
                let same = same.bound(self.query.order.clone(), Comparison::Equal, values);
                let mut rows = database.rows(same).await?;
                let more = rows.len() > MAX_SAME;
                rows.truncate(MAX_SAME);
                KeysetPage { rows, more }
            }
        }))
    }

    fn next_query(&self) -> RowsQuery {
        let query = self.query.clone();
        match &self.after {
            Some(after) => query.bound(self.query.order.clone(), Comparison::After, after.clone()),
            None => query,
        }
    }

    /// Returns the rows of an answer that no later answer has, and goes on after them.
    fn step(&mut self, mut rows: Vec<ForeignRow>) -> Step {
        let bytes: usize = rows.iter().map(ForeignRow::bytes).sum();
        self.end = rows.len() < self.query.limit && bytes < RowsQuery::MAX_BYTES;
        let Some(last) = rows.last().map(|row| self.key(row)).filter(|_| !self.end) else {
            self.end = true;
            return Step::Part(rows);
        };
        // Further rows may have the same values as the last one.
        let kept = rows.iter().take_while(|row| self.key(row) != last).count();
        if kept == 0 {
            self.after = Some(last.clone());
            return Step::Same(last);
        }
        rows.truncate(kept);
        self.after = rows.last().map(|row| self.key(row));
        Step::Part(rows)
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
    use super::KeysetWalk;
    use super::Step;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::Comparison;
    use crate::store::foreign::ForeignRow;
    use crate::store::foreign::ForeignValue;
    use crate::store::foreign::QueryColumn;
    use crate::store::foreign::RowsQuery;
    use crate::store::foreign::RowsRange;

    fn integer(value: &ForeignValue) -> i64 {
        if let ForeignValue::Integer(number) = value { *number } else { panic!("{value:?}") }
    }

    /// Answers a query for rows of a number and a value, which is that of the order.
    fn answer(rows: &[(i64, i64)], query: &RowsQuery) -> Vec<ForeignRow> {
        let after = query.range.bounds.iter().map(|bound| {
            assert_eq!(bound.comparison, Comparison::After);
            integer(&bound.values[0])
        });
        let after = after.max().unwrap_or(0);
        let row = |(number, value): &(i64, i64)| ForeignRow {
            values: vec![ForeignValue::Integer(*number), ForeignValue::Integer(*value)],
            place: None,
        };
        rows.iter().filter(|row| row.1 > after).take(query.limit).map(row).collect()
    }

    #[test]
    fn each_row_is_read_once_also_where_many_have_the_same_values() {
        let rows: Vec<(i64, i64)> = (0..).zip([1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 6, 6]).collect();
        let column = |name: &str| QueryColumn { alias: "t".into(), name: name.into(), class: ColumnClass::Integer };
        let query = RowsQuery {
            schema: String::new(),
            from: "t".into(),
            alias: "t".into(),
            joins: Vec::new(),
            conditions: Vec::new(),
            unwind: None,
            columns: vec![column("number")],
            of_document: 0,
            order: Vec::new(),
            limit: 0,
            range: RowsRange::default(),
        };
        for page in 1..14 {
            let mut walk = KeysetWalk::new(query.clone(), vec![column("value")], page);
            let mut found = Vec::new();
            while !walk.end {
                match walk.step(answer(&rows, &walk.next_query())) {
                    Step::Part(part) => found.extend(part.iter().map(|row| integer(&row.values[0]))),
                    Step::Same(values) => {
                        found.extend(rows.iter().filter(|row| row.1 == integer(&values[0])).map(|row| row.0));
                    }
                }
            }
            assert_eq!(found, rows.iter().map(|row| row.0).collect::<Vec<_>>(), "{page}");
        }
    }
}
