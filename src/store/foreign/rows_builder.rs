//! Builds the rows of an answer. Their texts go into one buffer.

use std::sync::Arc;

use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignText;
use crate::store::foreign::ForeignValue;

/// The rows of an answer so far.
#[derive(Debug, Default)]
pub(crate) struct RowsBuilder {
    rows: Vec<ForeignRow>,
    texts: String,
    /// The rows, columns and ends of texts, each of which begins at the end of the one before. The values are JSON or text.
    places: Vec<TextPlace>,
    /// The size of all values.
    bytes: usize,
}

#[derive(Debug)]
struct TextPlace {
    row: usize,
    column: usize,
    end: usize,
    is_json: bool,
}

/// A row that is added to an answer.
pub(crate) struct RowBuilder<'b> {
    answer: &'b mut RowsBuilder,
    values: Vec<ForeignValue>,
}

impl RowsBuilder {
    /// Begins a row.
    pub(crate) fn row(&mut self, columns: usize) -> RowBuilder<'_> {
        RowBuilder { answer: self, values: Vec::with_capacity(columns) }
    }

    /// Returns the size of all values.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the rows.
    pub(crate) fn finish(self) -> Vec<ForeignRow> {
        let (mut rows, texts) = (self.rows, Arc::new(self.texts));
        let mut start = 0;
        for TextPlace { row, column, end, is_json } in self.places {
            let text = ForeignText::part(&texts, start..end);
            start = end;
            if let Some(value) = rows.get_mut(row).and_then(|row| row.values.get_mut(column)) {
                *value = if is_json { ForeignValue::Json(text) } else { ForeignValue::Text(text) };
            }
        }
        rows
    }
}

impl RowBuilder<'_> {
    /// Adds a value.
    pub(crate) fn value(&mut self, value: ForeignValue) {
        self.answer.bytes += value.bytes();
        self.values.push(value);
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, text: &str) {
        self.add(text, false);
    }

    /// Adds JSON as the database writes it.
    pub(crate) fn json(&mut self, text: &str) {
        self.add(text, true);
    }

    fn add(&mut self, text: &str, is_json: bool) {
        let answer = &mut *self.answer;
        answer.bytes += size_of::<ForeignValue>() + text.len();
        answer.texts.push_str(text);
        answer.places.push(TextPlace { row: answer.rows.len(), column: self.values.len(), end: answer.texts.len(), is_json });
        self.values.push(ForeignValue::Null);
    }

    /// Ends the row.
    pub(crate) fn end(self) {
        self.answer.rows.push(ForeignRow { values: self.values, place: None });
    }
}

#[cfg(test)]
mod tests {
    use super::RowsBuilder;
    use crate::store::foreign::ForeignRow;
    use crate::store::foreign::ForeignValue;

    #[test]
    fn values_are_those_that_were_added() {
        let mut rows = RowsBuilder::default();
        for (number, text) in [(1, "é"), (2, ""), (3, "longer")] {
            let mut row = rows.row(4);
            row.text(text);
            row.value(ForeignValue::Integer(number));
            row.json("[1]");
            row.value(ForeignValue::Null);
            row.end();
        }
        let (count, bytes) = (rows.len(), rows.bytes());
        let rows = rows.finish();
        assert_eq!((count, bytes), (3, rows.iter().map(ForeignRow::bytes).sum()));
        let found: Vec<Vec<ForeignValue>> = rows.into_iter().map(|row| row.values).collect();
        let expected = [(1, "é"), (2, ""), (3, "longer")].map(|(number, text)| {
            let text = ForeignValue::Text(text.into());
            vec![text, ForeignValue::Integer(number), ForeignValue::Json("[1]".into()), ForeignValue::Null]
        });
        assert_eq!(found, expected);
    }
}
