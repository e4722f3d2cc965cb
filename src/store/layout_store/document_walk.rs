//! Reads the elements of the arrays of all documents, a few documents at a time.

use std::collections::VecDeque;

use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout_store::keyset_walk::KeysetWalk;

/// The number of documents that are read at once.
const DOCUMENTS: usize = 50;

/// A reading of the arrays of all documents.
pub(super) struct DocumentWalk {
    ids: KeysetWalk,
    /// The query for elements, whose first column is the id of the document.
    elements: RowsQuery,
    id: QueryColumn,
    /// The id before the next documents, and the last one that is known.
    waiting: VecDeque<(Option<ForeignValue>, ForeignValue)>,
    before: Option<ForeignValue>,
}

impl DocumentWalk {
    /// Begins before the first document. The documents are read in the order of their ids.
    pub(super) fn new(query: RowsQuery, id: QueryColumn) -> Self {
        let documents = RowsQuery { unwind: None, columns: vec![id.clone()], of_document: 0, ..query.clone() };
        let documents = documents.bound(vec![id.clone()], Comparison::Present, Vec::new());
        let mut elements = RowsQuery { limit: usize::MAX, order: vec![id.clone()], ..query };
        elements.columns.insert(0, id.clone());
        elements.of_document += 1;
        let ids = KeysetWalk::new(documents, vec![id.clone()], DOCUMENTS);
        Self { ids, elements, id, waiting: VecDeque::new(), before: None }
    }

    /// Reads the next elements; `None` after the last. Documents may have none.
    pub(super) async fn next(&mut self, database: &dyn ForeignDatabase) -> Result<Option<Vec<ForeignRow>>, StoreError> {
        if self.waiting.is_empty() {
            let Some(page) = self.ids.next(database).await? else { return Ok(None) };
            let Some(last) = page.rows.into_iter().next_back().and_then(|row| row.values.into_iter().next()) else {
                return Ok(Some(Vec::new()));
            };
            self.waiting.push_back((self.before.replace(last.clone()), last));
        }
        let Some((after, last)) = self.waiting.pop_front() else { return Ok(None) };
        let of_id = |query: RowsQuery, comparison, value| query.bound(vec![self.id.clone()], comparison, vec![value]);
        let mut query = of_id(self.elements.clone(), Comparison::UpTo, last.clone());
        if let Some(after) = after {
            query = of_id(query, Comparison::After, after);
        }
        let mut rows = database.rows(query).await?;
        let is_cut = rows.iter().map(ForeignRow::bytes).sum::<usize>() >= RowsQuery::MAX_BYTES;
        let reached = rows.last().and_then(|row| row.values.first().cloned());
        if let Some(reached) = reached.filter(|reached| is_cut && *reached != last) {
            self.waiting.push_back((Some(reached), last));
        }
        for row in &mut rows {
            row.values.remove(0);
        }
        Ok(Some(rows))
    }
}
