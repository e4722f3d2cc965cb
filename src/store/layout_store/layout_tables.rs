//! The tables of a store that another program wrote, with all of their rows: those of events, streams, checkpoints and snapshots.

use std::sync::Arc;

use crate::event::StreamName;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::foreign::Engine;
use crate::store::foreign::RowsQuery;
use crate::store::foreign::open_foreign;
use crate::store::layout::MissingIndex;
use crate::store::layout::fits;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::LayoutChoice;
use crate::store::layout_store::opening::Opening;
use crate::store::layout_store::row_walk::RowWalk;
use crate::store::layout_store::store::LayoutStore;
use crate::store::options::OpenOptions;
use crate::store::url::StoreUrl;

/// The tables of a store. Cheap to clone.
#[derive(Clone)]
pub struct LayoutTables {
    pub(super) opening: Arc<Opening>,
}

/// The parts of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutParts {
    /// The name of the layout.
    pub layout: String,
    /// The kind of database.
    pub engine: Engine,
    /// The indexes that tables of events lack. Those of views are left out.
    pub missing_indexes: Vec<MissingIndex>,
    /// True if events have versions of their own.
    pub has_versions: bool,
    /// True if events have positions.
    pub has_positions: bool,
    /// True if events have ids that the database does not keep unique.
    pub may_repeat_ids: bool,
    /// True if the store has a table of streams with their versions.
    pub lists_versions: bool,
    /// True if those versions may count rows that are no events of the stream, such as links to other streams.
    pub lists_links: bool,
    /// True if the layout names a table of checkpoints.
    pub has_checkpoints: bool,
    /// True if the layout names a table of snapshots.
    pub has_snapshots: bool,
}

/// Returns the tables of the store at a URL. Sends no request.
///
/// # Errors
/// [`StoreError::Invalid`] for a store in memory.
pub fn open_tables(url: &StoreUrl, choice: LayoutChoice, options: impl Into<OpenOptions>) -> Result<LayoutTables, StoreError> {
    let options = options.into();
    let database = open_foreign(url, &options)?;
    Ok(LayoutTables { opening: Arc::new(Opening::new(database, choice, Arc::clone(&options.warn))) })
}

impl LayoutTables {
    /// Returns the same store for reading its events.
    pub fn store(&self, options: impl Into<OpenOptions>) -> Store {
        Store::new(Arc::new(LayoutStore { opening: Arc::clone(&self.opening) }), options)
    }

    /// Returns the parts of the store.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the layout does not fit.
    pub async fn parts(&self) -> Result<LayoutParts, StoreError> {
        Ok(self.opened().await?.parts())
    }

    /// Returns a walk over all rows of events up to the head.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if nothing gives an order to the rows.
    pub async fn walk(&self) -> Result<RowWalk, StoreError> {
        RowWalk::over_all(Arc::clone(&self.opening)).await.map_err(StoreError::of_foreign)
    }

    /// Returns a walk over the rows of a stream; `None` if there is no such stream.
    ///
    /// # Errors
    /// [`StoreError::ForeignDamaged`] if several streams have this name.
    pub async fn walk_stream(&self, stream: &StreamName) -> Result<Option<RowWalk>, StoreError> {
        RowWalk::over_stream(Arc::clone(&self.opening), stream.as_str()).await.map_err(StoreError::of_foreign)
    }

    /// Counts the rows of events that have no row in a joined table: the table, the joined tables, and the number.
    pub async fn unjoined(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let opened = self.opened().await?;
        let mut found = Vec::new();
        for table in &opened.tables {
            let joined = table.all.query(0);
            // A join that chooses one of several rows is for rows that may have none.
            let is_plain = joined.joins.iter().all(|join| join.first_by.is_none())
                && joined.conditions.iter().all(|(column, _)| column.alias == joined.alias);
            if joined.joins.is_empty() || !is_plain {
                continue;
            }
            let bare = RowsQuery { joins: Vec::new(), ..joined.clone() };
            let database = &*self.opening.database;
            // Rows may be added meanwhile.
            let bare = database.count(bare).await.map_err(StoreError::of_foreign)?;
            let rows = database.count(joined.clone()).await.map_err(StoreError::of_foreign)?;
            if bare > rows {
                let others: Vec<String> = joined.joins.into_iter().map(|join| join.table).collect();
                found.push((joined.from, others.join(" or "), bare - rows));
            }
        }
        Ok(found)
    }

    pub(super) async fn opened(&self) -> Result<&Opened, StoreError> {
        self.opening.opened().await.map_err(StoreError::of_foreign)
    }
}

impl Opened {
    fn parts(&self) -> LayoutParts {
        let layout = self.tables.first().map(|table| &table.all.layout);
        let events = layout.map(|layout| &layout.events);
        let is_view = |table: &str| self.table(table).is_some_and(|table| table.is_view);
        let names: Vec<&str> = self.tables.iter().map(|table| table.all.plan.query.from.as_str()).collect();
        let mut missing_indexes: Vec<MissingIndex> = layout
            .into_iter()
            .flat_map(|layout| fits(layout, &self.catalog))
            .filter(|fit| fit.is_complete() && fit.schema == self.schema)
            .flat_map(|fit| fit.missing_indexes)
            .collect();
        missing_indexes.retain(|index| names.contains(&index.table.as_str()) && !is_view(&index.table));
        LayoutParts {
            layout: self.name.clone(),
            engine: self.catalog.engine,
            missing_indexes,
            has_versions: events.is_some_and(|events| events.version.is_some()),
            has_positions: self.position().is_some(),
            may_repeat_ids: events.is_some_and(|events| events.id.is_some()) && !self.has_unique_ids(),
            lists_versions: layout.and_then(|layout| layout.streams.as_ref()).is_some_and(|streams| streams.version.is_some()),
            lists_links: layout.and_then(|layout| layout.one_stream.as_ref()).is_some_and(|one| !one.rows.conditions.is_empty()),
            has_checkpoints: layout.is_some_and(|layout| layout.checkpoints.is_some()),
            has_snapshots: layout.is_some_and(|layout| layout.snapshots.is_some()),
        }
    }

    /// Returns true if an index of the only table keeps the ids of events unique.
    fn has_unique_ids(&self) -> bool {
        let [table] = self.tables.as_slice() else { return false };
        let (query, events) = (&table.all.plan.query, &table.all.layout.events);
        let (Some(id), None) = (&events.id, &query.unwind) else { return false };
        let joined = query.joins.iter().find(|join| join.alias == id.alias);
        let stored = self.table(joined.map_or(&query.from, |join| &join.table));
        stored.is_some_and(|stored| {
            stored.indexes.iter().any(|index| index.unique && index.columns.len() == 1 && index.columns[0] == id.name)
        })
    }
}
