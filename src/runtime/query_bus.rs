//! The query bus: answers from read models by name.

use std::sync::Arc;

use serde_json::Value;

use crate::aggregate::Projection;
use crate::domain;
use crate::event::Timestamp;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::BatchSize;
use crate::runtime::projector::Projector;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::StoreError;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The name of the read model.
    pub name: String,
    /// Fields at the top of the row, as it is kept, and the values they must have.
    pub filters: Vec<(String, Value)>,
    /// Only keys after this one.
    pub after: Option<String>,
    /// At most so many rows.
    pub limit: usize,
    /// Answer from the read model as it is, without bringing it up to date.
    pub stale: bool,
}

/// A row of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRow {
    /// Its key.
    pub key: String,
    /// What it shows at the moment asked for.
    pub row: Value,
}

/// Answers queries. Cheap to clone.
#[derive(Clone)]
pub struct QueryBus {
    store: Store,
    clock: Clock,
    projections: Vec<Arc<dyn Projection>>,
}

impl QueryBus {
    /// A bus over the read models of all domains.
    pub fn new(store: Store, clock: Clock) -> Self {
        let projections = domain::all().iter().map(|domain| (domain.projection)()).collect();
        Self { store, clock, projections }
    }

    /// The same bus, with a projection of one's own.
    #[must_use]
    pub fn with(mut self, projection: Arc<dyn Projection>) -> Self {
        self.projections.push(projection);
        self
    }

    /// The projections it knows, in the order they were given.
    pub fn projections(&self) -> &[Arc<dyn Projection>] {
        &self.projections
    }

    /// The projection of a name.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] when there is none.
    pub fn projection(&self, name: &str) -> Result<&Arc<dyn Projection>, RuntimeError> {
        let found = self.projections.iter().find(|projection| projection.name() == name);
        found.ok_or_else(|| RuntimeError::NotFound(format!("no projection \"{name}\"")))
    }

    /// Brings the read model up to date, unless told not to, and answers from it; rows show what they are `at` a moment.
    ///
    /// # Errors
    /// As [`Projector::catch_up`] and as the store says.
    pub async fn ask(&self, query: &Query, at: Timestamp) -> Result<Vec<QueryRow>, RuntimeError> {
        let projection = self.projection(&query.name)?;
        if !query.stale {
            self.bring_up_to_date(&**projection).await?;
        }
        let (name, after) = (query.name.clone(), query.after.clone());
        let rows = self.store.query_rows(RowQuery { name, filters: query.filters.clone(), after, limit: query.limit }).await?;
        let mut shown = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let mut fold = projection.row(&key);
            fold.restore(&row).map_err(RuntimeError::State)?;
            shown.push(QueryRow { key, row: fold.show(at) });
        }
        Ok(shown)
    }

    async fn bring_up_to_date(&self, projection: &dyn Projection) -> Result<(), RuntimeError> {
        let projector = Projector::new(&self.store, projection, Arc::clone(&self.clock), BatchSize::default());
        match projector.catch_up(&mut |_| {}).await {
            // Where the store cannot be written the answer comes from what is there, if that is all there is.
            Err(RuntimeError::Store(error @ (StoreError::Unavailable { .. } | StoreError::NotAllowed { .. }))) => {
                if self.is_current(projection).await? { Ok(()) } else { Err(error.into()) }
            }
            result => result.map(|_| ()),
        }
    }

    async fn is_current(&self, projection: &dyn Projection) -> Result<bool, StoreError> {
        let head = self.store.head().await?.position;
        let records = self.store.projections().await?;
        let live = records.iter().find(|record| record.model.name == projection.name() && !record.model.building);
        Ok(live.is_some_and(|live| live.logic_version == projection.version() && live.checkpoint.position == head))
    }
}
