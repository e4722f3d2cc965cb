//! The plans of the database for the queries of a layout.

use std::sync::Arc;

use serde::Serialize;

use crate::store::error::StoreError;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignDatabase;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::RowsPlan;
use crate::store::foreign::RowsQuery;
use crate::store::layout::Layout;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::opening::LayoutChoice;
use crate::store::layout_store::opening::Opening;
use crate::store::read::ReadQuery;

/// The number of rows in a page.
const PAGE: usize = 1000;

/// The plan for a query of a layout.
#[derive(Debug, Clone, Serialize)]
pub struct QueryPlan {
    /// The rows that the query reads, in words.
    pub query: &'static str,
    /// The plan.
    #[serde(flatten)]
    pub plan: RowsPlan,
}

/// Returns the plans for the queries with which a store is read: the next events of all streams, of one stream, its last event,
/// and the next stream. Those that a store cannot have are left out, and so are all of a store without events.
///
/// # Errors
/// [`StoreError::NotFound`] if the layout does not fit; [`StoreError::Invalid`] if there are several places for it.
pub async fn query_plans(database: &Arc<dyn ForeignDatabase>, name: &str, layout: &Layout) -> Result<Vec<QueryPlan>, StoreError> {
    let choice = LayoutChoice::Named(name.to_owned(), Box::new(layout.clone()));
    let opening = Opening::new(Arc::clone(database), choice, Arc::new(|_| {}));
    let mut plans = Vec::new();
    for (query, rows) in queries(opening.opened().await?, &**database).await? {
        plans.push(QueryPlan { query, plan: database.plan(rows).await? });
    }
    Ok(plans)
}

async fn queries(opened: &Opened, database: &dyn ForeignDatabase) -> Result<Vec<(&'static str, RowsQuery)>, StoreError> {
    let mut queries = Vec::new();
    if let (Some(order), Some(table)) = (opened.position(), opened.tables.first()) {
        let last = database.rows(order.last()).await?;
        if let Some(ForeignValue::Integer(last)) = last.first().and_then(|row| row.values.first()) {
            let column = vec![order.column.clone()];
            let start = vec![ForeignValue::Integer(last / 2)];
            let mut rows = table.all.query(PAGE).bound(column.clone(), Comparison::After, start);
            rows.order = column;
            queries.push(("the next events of all streams", rows));
            queries.push(("the last position", order.last()));
        }
    }
    if opened.tables.iter().any(|table| table.one.parts.is_empty()) {
        return Ok(queries);
    }
    if let Some(stream) = opened.names(database, None, 1).await?.into_iter().next() {
        let after_first = ReadQuery::all().from(2);
        if opened.tables[stream.located.table].counted.is_none() {
            queries.push(("the next events of a stream", opened.rows_of_stream(&after_first, &stream.located, PAGE)?));
        }
        queries.push(("the last event of a stream", opened.last_of(&stream.located)));
        queries.extend(opened.next_name(&stream.place).map(|rows| ("the next stream", rows)));
    }
    Ok(queries)
}
