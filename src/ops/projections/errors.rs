//! Events that a projection cannot take in: which they are, trying one again, leaving one out.

use serde::Serialize;
use uuid::Uuid;

use crate::ops::error::OpsError;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::Released;
use crate::store::Part;
use crate::store::Problem;
use crate::store::Store;

/// An event that a projection cannot take in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionProblem {
    /// The projection.
    pub projection: String,
    /// Of which of its read models: the live one, or the one that a rebuild is building.
    pub part: Part,
    /// The event, and what became of it.
    #[serde(flatten)]
    pub problem: Problem,
}

/// The problems of a projection, in the order of their positions; those of a rebuild under way after them.
///
/// # Errors
/// No such projection, or as the store says.
pub async fn projection_errors(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    clock: Clock,
) -> Result<Vec<ProjectionProblem>, OpsError> {
    let projection = queries.read_model(name)?;
    store.head().await?;
    let problems = Projector::new(store, &**projection, clock, BatchSize::default()).problems().await?;
    let of_it = |(part, problem)| ProjectionProblem { projection: name.to_owned(), part, problem };
    Ok(problems.into_iter().map(of_it).collect())
}

/// What an operator says about such an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Try it again.
    Retry,
    /// Leave it out, for good.
    Skip,
}

/// Does what an operator says about such an event, and takes in what was held back because of it.
///
/// # Errors
/// No such projection, no such problem, or as the store says.
pub async fn release_event(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    event_id: Uuid,
    word: Word,
    clock: Clock,
) -> Result<Released, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, BatchSize::default());
    Ok(match word {
        Word::Retry => projector.retry(event_id).await?,
        Word::Skip => projector.skip(event_id).await?,
    })
}
