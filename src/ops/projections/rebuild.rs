//! Rebuilding a read model beside the old one.

use serde::Serialize;

use crate::ops::error::OpsError;
use crate::ops::verify::builds::compare_build;
use crate::runtime::Clock;
use crate::runtime::OnProgress;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunOptions;
use crate::runtime::RunReport;
use crate::runtime::RuntimeError;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::Store;
use crate::store::StoreError;

pub use crate::ops::verify::builds::ReadModelComparison;
pub use crate::ops::verify::builds::RowDifference;

/// Maximum number of attempts to bring both read models to the same position.
const TRIES: usize = 10;

/// Rebuilds a read model from the first event. The old one answers until the new one replaces it in one step. An interrupted
/// rebuild is continued.
///
/// # Errors
/// [`RuntimeError::Fold`] when an event failed to apply; the old read model is then unchanged.
pub async fn rebuild_projection(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    options: RunOptions,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<RunReport, OpsError> {
    let projection = queries.projection(name)?;
    Ok(Projector::new(store, &**projection, clock, options).rebuild(progress).await?)
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

/// The outcome of a rebuild with a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedRebuild {
    /// The build. It has replaced the old read model if both are equal.
    #[serde(flatten)]
    pub run: RunReport,
    /// True if all rows are equal.
    pub ok: bool,
    /// The comparison.
    pub compared: ReadModelComparison,
}

/// Rebuilds a read model, and replaces the old one only if both are equal at the same position. A build that differs is kept. A
/// rebuild without comparison continues it.
///
/// # Errors
/// Those of [`rebuild_projection`]; [`OpsError::NotThere`] when there is no read model to compare with; [`StoreError::Unavailable`]
/// when runners kept committing to it.
pub async fn rebuild_verified(
    store: &Store,
    queries: &QueryBus,
    name: &str,
    options: RunOptions,
    clock: Clock,
    progress: OnProgress<'_>,
) -> Result<VerifiedRebuild, OpsError> {
    let projection = queries.projection(name)?;
    let projector = Projector::new(store, &**projection, clock, options);
    let mut applied = 0;
    for _ in 0..TRIES {
        // A stopped read model, or one of older logic, is compared at its position: catching up would replace the latter without a
        // comparison.
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
            // An earlier build is further than the live read model.
            store.drop_read_model(ReadModel::building(name)).await?;
            continue;
        }
        let built = record(store, ReadModel::building(name)).await?;
        let compared = compare_build(store, name).await?;
        let unchanged = record(store, ReadModel::live(name)).await? == Some(live)
            && record(store, ReadModel::building(name)).await? == built
            && built.is_some_and(|built| built.checkpoint.position == run.position);
        if !unchanged {
            continue;
        }
        if compared.different > 0 {
            return Ok(VerifiedRebuild { run, ok: false, compared });
        }
        if let Some(run) = projector.swap(&run).await? {
            return Ok(VerifiedRebuild { run, ok: true, compared });
        }
    }
    let message = format!("read model {name} could not be compared: it changed during each of {TRIES} attempts");
    Err(StoreError::Unavailable { message, source: None }.into())
}

async fn record(store: &Store, model: ReadModel) -> Result<Option<ProjectionRecord>, OpsError> {
    Ok(store.projections().await?.into_iter().find(|record| record.model == model))
}

async fn live(store: &Store, name: &str) -> Result<ProjectionRecord, OpsError> {
    record(store, ReadModel::live(name)).await?.ok_or_else(|| OpsError::NotThere {
        kind: "read model",
        message: format!("projection {name} has no read model to compare with"),
    })
}
