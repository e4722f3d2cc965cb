//! Building a read model anew beside the old one.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::ops::projections::compare::compare;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::OnProgress;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::runtime::RuntimeError;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::Store;
use crate::store::StoreError;

pub use crate::ops::projections::compare::Comparison;
pub use crate::ops::projections::compare::RowDifference;

/// How often both read models are brought to the same position, before it is given up.
const TRIES: usize = 10;

/// Rebuilds from the first event; the old read model answers until the new one replaces it in one step.
/// A rebuild that was broken off goes on where it was.
///
/// # Errors
/// An event that cannot be taken in, or as the store says; the old read model is then as it was.
pub async fn rebuild_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    batch: BatchSize,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<RunReport, OpsError> {
    let projection = queries.projection(name)?;
    Ok(Projector::new(store, &**projection, clock, batch).rebuild(progress).await?)
}

/// Returns the names of the projections to rebuild after a change of a category's events: those that apply events of it.
///
/// # Errors
/// [`OpsError::NotThere`] when no projection of this program applies events of the category.
pub fn projections_of(queries: &QueryBus, category: &str) -> Result<Vec<String>, OpsError> {
    let names: Vec<_> = queries.projections_of(category).iter().map(|projection| projection.name().to_owned()).collect();
    if names.is_empty() {
        return Err(OpsError::NotThere {
            kind: "projection",
            message: format!("no projection applies events of category {category}"),
        });
    }
    Ok(names)
}

/// What came of a rebuild that was compared first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedRebuild {
    /// What was built. It took the place of the old one if it is the same.
    #[serde(flatten)]
    pub run: RunReport,
    /// Whether each row is what it was.
    pub ok: bool,
    /// What was compared.
    pub compared: Comparison,
}

/// Rebuilds, and puts the new read model in the place of the old one only if both are the same at the same position. One
/// that differs is left beside: a rebuild without comparing goes on with it.
///
/// # Errors
/// As [`rebuild_projection`]; [`OpsError::NotThere`] when there is no read model to compare with;
/// [`StoreError::Unavailable`] when others keep moving it.
pub async fn rebuild_verified(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    batch: BatchSize,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<VerifiedRebuild, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, batch);
    let mut applied = 0;
    for _ in 0..TRIES {
        // One that does not move is compared where it stands, and so is one that older logic made: catching up would
        // put a new one in its place, with nothing compared.
        let found = live(store, name).await.ok();
        if found.is_none_or(|live| live.logic_version >= projection.version()) {
            match projector.catch_up(&mut |_| {}).await {
                Ok(_) | Err(RuntimeError::Fold { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let live = live(store, name).await?;
        let mut run = projector.build(Some(live.checkpoint.position), progress).await?;
        applied += run.events_applied;
        run.events_applied = applied;
        if run.position > live.checkpoint.position {
            // One that was built further before than the live one stands.
            store.drop_read_model(ReadModel::building(name)).await?;
            continue;
        }
        let built = record(store, ReadModel::building(name)).await?;
        let compared = compare(store, name).await?;
        let stood_still = record(store, ReadModel::live(name)).await? == Some(live)
            && record(store, ReadModel::building(name)).await? == built
            && built.is_some_and(|built| built.checkpoint.position == run.position);
        if !stood_still {
            continue;
        }
        if compared.different > 0 {
            return Ok(VerifiedRebuild { run, ok: false, compared });
        }
        if let Some(run) = projector.swap(&run).await? {
            return Ok(VerifiedRebuild { run, ok: true, compared });
        }
    }
    let message = format!("read model {name} could not be compared: it never stood still");
    Err(StoreError::Unavailable { message, source: None }.into())
}

async fn record(store: &Store, model: ReadModel) -> Result<Option<ProjectionRecord>, OpsError> {
    Ok(store.projections().await?.into_iter().find(|record| record.model == model))
}

async fn live(store: &Store, name: &str) -> Result<ProjectionRecord, OpsError> {
    record(store, ReadModel::live(name)).await?.ok_or_else(|| OpsError::NotThere {
        kind: "read model",
        message: format!("there is no read model of {name} to compare with"),
    })
}
