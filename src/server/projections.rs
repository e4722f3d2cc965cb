//! Keeping read models up to date in the background.

use std::time::Duration;

use crate::event::escape_unsafe;
use crate::ops::OpsError;
use crate::ops::projections::follow::FollowUpdate;
use crate::ops::projections::follow::ProjectionFollower;
use crate::ops::projections::follow::RunnerIdentity;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;
use crate::server::Server;

/// Interval at which the server checks for new and deleted projections.
const RELOAD_INTERVAL: Duration = Duration::from_secs(10);
/// Delay after an error that concerns all projections.
const PAUSE: Duration = Duration::from_secs(1);

impl Server {
    /// Follows all projections until the server stops. Several servers may do so over one store; each event is applied
    /// once.
    pub fn follow_projections(&self, who: RunnerIdentity) {
        let server = self.clone();
        self.tasks.spawn(async move {
            while !server.is_stopping() {
                if let Err(error) = server.follow_current(&who).await {
                    tracing::warn!("failed to follow projections: {}", escape_unsafe(&error.to_string()));
                    tokio::select! {
                        () = server.stopped() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        });
    }

    /// Follows the current projections until the server stops or the set of projections changes.
    async fn follow_current(&self, who: &RunnerIdentity) -> Result<(), OpsError> {
        let queries = self.queries().await?;
        let names = names_of(&queries);
        let mut follower = ProjectionFollower::start(&self.store, &queries, &names, self.clock.clone(), who.clone())?;
        let mut reload = tokio::time::interval(RELOAD_INTERVAL);
        loop {
            tokio::select! {
                () = self.stopped() => break,
                happened = follower.next() => match happened {
                    Some(FollowUpdate::Ran(report)) => tracing::debug!(projection = %escape_unsafe(&report.name), position = report.position.0, "projection advanced"),
                    Some(FollowUpdate::Stopped { name, error }) => warn(&name, "projection stopped at an event", &error),
                    Some(FollowUpdate::Failed { name, error }) => warn(&name, "projection failed", &error),
                    Some(FollowUpdate::Unavailable(error)) => warn("all", "store unavailable, retrying", &error.into()),
                    Some(FollowUpdate::Available) => tracing::info!("store available again; following projections"),
                    Some(FollowUpdate::Deleted { .. }) | None => break,
                },
                _ = reload.tick() => if names_of(&self.queries().await?) != names {
                    break;
                },
            }
        }
        follower.leave().await;
        Ok(())
    }
}

fn warn(name: &str, what: &str, error: &RuntimeError) {
    tracing::warn!(projection = %escape_unsafe(name), "{what}: {}", escape_unsafe(&error.to_string()));
}

fn names_of(queries: &QueryBus) -> Vec<String> {
    queries.projections().iter().map(|projection| projection.name().to_owned()).collect()
}
