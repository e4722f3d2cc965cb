//! The checkpoints of the projections of a store of esctl.

use crate::event::Timestamp;
use crate::ops::checkpoints::status::CheckpointStatus;
use crate::ops::error::OpsError;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::ProjectionStatus;
use crate::ops::projections::status::projection_status;
use crate::runtime::QueryBus;
use crate::store::Store;

/// Reads the checkpoints of all projections.
pub async fn projection_checkpoints(
    store: &Store,
    queries: &QueryBus,
    now: Timestamp,
) -> Result<Vec<CheckpointStatus>, OpsError> {
    let statuses = projection_status(store, queries, None, now).await?;
    Ok(statuses.into_iter().map(checkpoint).collect())
}

fn checkpoint(status: ProjectionStatus) -> CheckpointStatus {
    // Newer events that do not concern a projection do not wait for it.
    let waits = status.waits || status.held_back_events > 0;
    let state = match status.state {
        // A projection without any matching event has nothing to run for.
        ProjectionState::NeverRun if !waits => ProjectionState::Idle,
        state => state,
    };
    CheckpointStatus {
        name: status.name,
        state: state.into(),
        position: Some(status.position),
        version: None,
        head: Some(status.head),
        lag_events: Some(if waits { status.lag_events } else { 0 }),
        lag_seconds: Some(status.lag_seconds),
        time: status.updated_at,
        stream: None,
        category: None,
        event_type: None,
        message: status.stopped_at.map(|at| format!("stopped at position {at}, whose event failed to apply")),
    }
}
