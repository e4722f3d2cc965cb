//! Walks over all rows of events, or those of one stream. A row that is no event does not end the walk.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::RowsQuery;
use crate::store::layout::MapError;
use crate::store::layout::MappedEvent;
use crate::store::layout::text_of;
use crate::store::layout_store::document_walk::DocumentWalk;
use crate::store::layout_store::keyset_walk::KeysetPage;
use crate::store::layout_store::keyset_walk::KeysetWalk;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::Opening;
use crate::store::layout_store::table::TableRows;

/// The number of rows of a page.
const ROWS: usize = 1000;

/// A row of events.
#[derive(Debug)]
pub struct WalkedRow {
    /// The stream, if it can be read.
    pub stream: Option<String>,
    /// The stream as its columns have it: two streams may be shown with one name.
    pub key: Option<String>,
    /// The version, if it can be read.
    pub version: Option<i64>,
    /// The position, if it can be read.
    pub position: Option<i64>,
    /// The event, or the reason why the row is none.
    pub event: Result<MappedEvent<'static>, MapError>,
}

/// A part of the rows.
#[derive(Debug, Default)]
pub struct WalkedPage {
    /// The rows.
    pub rows: Vec<WalkedRow>,
    /// True if rows with the same place as the last one were passed over, since there are too many of them.
    pub more: bool,
}

/// A walk over rows.
pub struct RowWalk {
    opening: Arc<Opening>,
    stages: VecDeque<Stage>,
    by_position: bool,
}

/// The rows of one table: those without a place, or all others.
struct Stage {
    table: usize,
    of_one: bool,
    rows: StageRows,
    /// The number of rows so far, where versions are counted.
    counted: Option<i64>,
}

enum StageRows {
    Keyset(Box<KeysetWalk>),
    Documents(Box<DocumentWalk>),
}

impl RowWalk {
    /// Returns true if the rows come in the order of their positions.
    pub fn by_position(&self) -> bool {
        self.by_position
    }

    /// Returns the walk over all rows up to the head.
    pub(super) async fn over_all(opening: Arc<Opening>) -> Result<Self, StoreError> {
        let opened = opening.opened().await?;
        let (mut stages, mut by_position) = (VecDeque::new(), false);
        for (number, table) in opened.tables.iter().enumerate() {
            let order = opened.walk_order(table)?;
            let mut query = table.all.query(0);
            if let (Some(_), [id]) = (&query.unwind, order.columns.as_slice()) {
                stages.push_back(Stage::new(number, StageRows::Documents(DocumentWalk::new(query, id.clone()).into())));
                continue;
            }
            if !order.indexed {
                opening.warn_unindexed(opened);
            }
            by_position = order.by_position;
            if order.may_lack {
                let unplaced = query.clone().bound(order.columns.clone(), Comparison::Unplaced, Vec::new());
                stages.push_back(Stage::new(number, unordered(opened, unplaced)));
            }
            if by_position {
                // Positions from here on are of events that were appended later.
                let last = match opened.position() {
                    Some(order) => opening.database.rows(order.last()).await?,
                    None => Vec::new(),
                };
                let last = last.into_iter().next().and_then(|row| row.values.into_iter().next());
                if let Some(last @ (ForeignValue::Integer(_) | ForeignValue::Number(_))) = last {
                    query = query.bound(order.columns.clone(), Comparison::UpTo, vec![last]);
                }
            }
            let query = present(opened, query, &order.columns, by_position);
            stages.push_back(Stage::new(number, StageRows::Keyset(KeysetWalk::new(query, order.columns, ROWS).into())));
        }
        Ok(Self { opening: Arc::clone(&opening), stages, by_position })
    }

    /// Returns the walk over the rows of one stream; `None` if it has none.
    pub(super) async fn over_stream(opening: Arc<Opening>, stream: &str) -> Result<Option<Self>, StoreError> {
        let opened = opening.opened().await?;
        let Some(located) = opened.locate(&*opening.database, stream).await? else { return Ok(None) };
        let table = &opened.tables[located.table];
        let query = located.of(table.one.query(0));
        let stage = |rows| Stage { of_one: true, ..Stage::new(located.table, rows) };
        let mut stages = VecDeque::new();
        if query.unwind.is_some() {
            let id = opened.walk_order(table)?.columns.into_iter().next();
            let id = id.ok_or_else(|| StoreError::Bug("a collection has no order".into()))?;
            stages.push_back(stage(StageRows::Documents(DocumentWalk::new(query, id).into())));
        } else {
            let order: Vec<QueryColumn> = table.one.version.iter().chain(&table.counted).take(1).cloned().collect();
            if table.one.version.is_some() {
                let unplaced = query.clone().bound(order.clone(), Comparison::Unplaced, Vec::new());
                stages.push_back(stage(unordered(opened, unplaced)));
            }
            let query = present(opened, query, &order, true);
            let rows = stage(StageRows::Keyset(KeysetWalk::new(query, order, ROWS).into()));
            let counted = table.one.version.is_none().then_some(0);
            stages.push_back(Stage { counted, ..rows });
        }
        Ok(Some(Self { opening: Arc::clone(&opening), stages, by_position: false }))
    }

    /// Reads the next rows; `None` after the last.
    ///
    /// # Errors
    /// [`StoreError::ForeignDamaged`] if the database cannot read a row.
    pub async fn next(&mut self) -> Result<Option<WalkedPage>, StoreError> {
        self.next_rows().await.map_err(StoreError::of_foreign)
    }

    async fn next_rows(&mut self) -> Result<Option<WalkedPage>, StoreError> {
        let opening = Arc::clone(&self.opening);
        let opened = opening.opened().await?;
        while let Some(stage) = self.stages.front_mut() {
            let page = match &mut stage.rows {
                StageRows::Keyset(walk) => walk.next(&*opening.database).await?,
                StageRows::Documents(walk) => walk.next(&*opening.database).await?.map(|rows| KeysetPage { rows, more: false }),
            };
            let Some(page) = page else {
                self.stages.pop_front();
                continue;
            };
            let table = &opened.tables[stage.table];
            let rows = if stage.of_one { &table.one } else { &table.all };
            let mut walked = WalkedPage { more: page.more, ..WalkedPage::default() };
            for row in &page.rows {
                if let Some(count) = &mut stage.counted {
                    *count += 1;
                }
                walked.rows.push(rows.walked(row, stage.counted));
            }
            return Ok(Some(walked));
        }
        Ok(None)
    }
}

impl Stage {
    fn new(table: usize, rows: StageRows) -> Self {
        Self { table, of_one: false, rows, counted: None }
    }
}

/// Returns the rows that have no place in an order, in the order of the database where it has one.
fn unordered(opened: &Opened, query: RowsQuery) -> StageRows {
    let stored = opened.storage_order(&query.from, &query.alias);
    StageRows::Keyset(KeysetWalk::new(query, stored.into_iter().collect(), ROWS).into())
}

/// Leaves out rows without a value in the order.
fn present(opened: &Opened, query: RowsQuery, order: &[QueryColumn], of_numbers: bool) -> RowsQuery {
    match order {
        // In MongoDB, every value that is no number is without a place.
        [column] if of_numbers && opened.catalog.engine == Engine::Mongodb => {
            query.bound(vec![column.clone()], Comparison::From, vec![ForeignValue::Integer(i64::MIN)])
        }
        _ => query.bound(order.to_vec(), Comparison::Present, Vec::new()),
    }
}

impl TableRows {
    fn walked(&self, row: &ForeignRow, counted: Option<i64>) -> WalkedRow {
        let (mapper, values) = (self.mapper(), row.values.as_slice());
        let parts: Vec<ForeignValue> = self.parts.iter().map(|part| self.value(values, part)).collect();
        let stream = mapper.stream_name(&parts);
        let event = mapper.map_in_order(values, row.place).map(MappedEvent::into_owned);
        WalkedRow {
            key: stream.as_ref().map(|name| stream_key(name, &parts)),
            stream,
            version: mapper.version(values, row.place).ok().flatten().or(counted),
            position: mapper.position_in(values),
            event,
        }
    }

    fn value(&self, values: &[ForeignValue], column: &QueryColumn) -> ForeignValue {
        let is_it = |known: &QueryColumn| known.alias == column.alias && known.name == column.name;
        let place = self.plan.query.columns.iter().position(is_it);
        place.and_then(|place| values.get(place)).cloned().unwrap_or(ForeignValue::Null)
    }
}

/// Returns the name of a stream with the lengths of its parts, which tell two streams with one name apart.
pub(super) fn stream_key(name: &str, parts: &[ForeignValue]) -> String {
    // A number is as long as its digits: it may be a text in another table.
    let lengths =
        parts.iter().take(parts.len().saturating_sub(1)).map(|part| text_of(part).map_or(0, |text| text.len()).to_string());
    format!("{name}\0{}", lengths.collect::<Vec<_>>().join(","))
}

/// Returns the name of a stream from its key.
pub fn name_of_key(key: &str) -> &str {
    key.rsplit_once('\0').map_or(key, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::name_of_key;
    use super::stream_key;
    use crate::store::foreign::ForeignValue;

    #[test]
    fn parts_of_a_name_are_told_apart_whatever_their_types() {
        let (number, text) = (ForeignValue::Integer, |text: &str| ForeignValue::Text(text.into()));
        let key = |first, second| stream_key("123", &[first, second]);
        assert_ne!(key(number(1), number(23)), key(number(12), number(3)));
        assert_eq!(key(number(12), number(3)), key(text("12"), number(3)));
        assert_eq!(name_of_key(&key(number(1), number(23))), "123");
    }
}
