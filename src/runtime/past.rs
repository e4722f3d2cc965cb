//! The rows of a read model at a past position of the store, built in memory.

use std::ops::Bound;
use std::sync::Arc;

use crate::event::Position;
use crate::event::Timestamp;
use crate::runtime::caveat::Caveat;
use crate::runtime::caveat::Limitations;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::EventFailures;
use crate::runtime::projector::FoldedRows;
use crate::runtime::projector::Projector;
use crate::runtime::projector::RunOptions;
use crate::runtime::query::Query;
use crate::runtime::query::QueryAnswer;
use crate::runtime::query::wanted_row;
use crate::runtime::query_bus::QueryBus;

/// A read model at a position. Its memory grows with the number of its rows.
pub struct PastReadModel {
    rows: FoldedRows,
    caveats: Vec<Caveat>,
}

impl PastReadModel {
    /// Builds the rows of a projection from the first event to a position. The stored read model is neither used nor
    /// changed.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] if there is no such projection.
    pub async fn build(queries: &QueryBus, name: &str, position: Position) -> Result<Self, RuntimeError> {
        let projection = queries.projection(name)?;
        let projector = Projector::new(&queries.store, &**projection, Arc::clone(&queries.clock), RunOptions::default());
        let (rows, EventFailures { failing, parked, quarantined }) = projector.run_up_to(position).await?;
        let caveats = Limitations { paused: None, failing, parked, missing: 0, quarantined }.caveats();
        Ok(Self { rows, caveats })
    }

    /// Answers a query. Rows show their state `at` a time. The query's name and `stale` are ignored.
    pub fn ask(&self, query: &Query, at: Timestamp) -> QueryAnswer {
        let after = query.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.range::<String, _>((after, Bound::Unbounded));
        let wanted = rows.filter_map(|(key, fold)| wanted_row(query, key.clone(), fold.show(at)));
        QueryAnswer { rows: wanted.take(query.limit).collect(), caveats: self.caveats.clone() }
    }
}
