//! The order in which all rows of events are walked: one that an index gives, wherever there is one.

use crate::store::error::StoreError;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::QueryColumn;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::table::EventTable;

/// The field by which documents are found, which has an index in every collection.
const ID: &str = "_id";

/// An order of all rows of a table.
pub(super) struct WalkOrder {
    pub(super) columns: Vec<QueryColumn>,
    /// True for the order of positions.
    pub(super) by_position: bool,
    /// True if a row may have no value in a column of the order.
    pub(super) may_lack: bool,
    /// True if an index gives the order. Otherwise the database sorts the table for each page.
    pub(super) indexed: bool,
}

impl Opened {
    /// Returns the order in which all rows of a table are walked.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if nothing gives an order.
    pub(super) fn walk_order(&self, table: &EventTable) -> Result<WalkOrder, StoreError> {
        let rows = &table.all;
        let order = |columns: Vec<QueryColumn>, indexed: bool| WalkOrder {
            columns,
            by_position: false,
            may_lack: self.catalog.engine != Engine::Mongodb,
            indexed,
        };
        let position = self.position();
        if let Some(position) = position.as_ref().filter(|position| position.indexed) {
            return Ok(WalkOrder { by_position: true, may_lack: true, ..order(vec![position.column.clone()], true) });
        }
        if let Some(stored) = self.storage_order(&rows.plan.query.from, &rows.plan.query.alias) {
            return Ok(WalkOrder { may_lack: false, ..order(vec![stored], true) });
        }
        let number = self.number(rows).map(|(column, _)| vec![column]);
        let parts = number.unwrap_or_else(|| rows.parts.clone());
        // Rows of one stream without a version are in the order of the column by which versions are counted.
        let counted = table.counted.clone().filter(|column| rows.version.is_none() && column.alias == rows.plan.query.alias);
        let by_stream: Vec<QueryColumn> = parts.into_iter().chain(rows.version.clone()).chain(counted.clone()).collect();
        let indexed = by_stream.first().is_some_and(|first| {
            let own = first.alias.is_empty() || first.alias == rows.plan.query.alias;
            own && self.table(&rows.plan.query.from).is_some_and(|table| table.is_indexed(&first.name))
        });
        match (rows.plan.query.order.as_slice(), position) {
            ([_, ..], _) => Ok(order(rows.plan.query.order.iter().cloned().chain(counted).collect(), true)),
            ([], _) if indexed => Ok(order(by_stream, true)),
            ([], Some(position)) => Ok(WalkOrder { by_position: true, ..order(vec![position.column], false) }),
            ([], None) if !by_stream.is_empty() => Ok(order(by_stream, false)),
            ([], None) => Err(StoreError::Invalid(format!("layout {} gives no order to the rows", self.name))),
        }
    }

    /// Returns the column in whose order the database keeps rows, if there is one that every row has: the row number in SQLite, the
    /// id of a document in MongoDB.
    pub(super) fn storage_order(&self, table: &str, alias: &str) -> Option<QueryColumn> {
        let stored = self.table(table).filter(|stored| !stored.is_view)?;
        match self.catalog.engine {
            Engine::Postgres => None,
            Engine::Sqlite => {
                let numbered = stored.columns.iter().find(|column| column.counts_up)?;
                Some(QueryColumn { alias: alias.to_owned(), name: numbered.name.clone(), class: numbered.class })
            }
            Engine::Mongodb => {
                let class = stored.column(ID).map_or(ColumnClass::ObjectId, |column| column.class);
                let is_ordered = [ColumnClass::ObjectId, ColumnClass::Text, ColumnClass::Uuid, ColumnClass::Integer];
                is_ordered.contains(&class).then(|| QueryColumn { alias: String::new(), name: ID.to_owned(), class })
            }
        }
    }
}
