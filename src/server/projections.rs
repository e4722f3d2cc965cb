//! Keeping read models up to date in the background, so that whoever asks finds them so.

use std::time::Duration;

use crate::event::escape_unsafe;
use crate::ops::OpsError;
use crate::ops::projections::follow::Followed;
use crate::ops::projections::follow::Follower;
use crate::ops::projections::follow::Identity;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;
use crate::server::Server;

/// How often is looked whether the store keeps other projections than before.
const LOOK: Duration = Duration::from_secs(10);
/// How long is waited after something went wrong with all of them.
const PAUSE: Duration = Duration::from_secs(1);

impl Server {
    /// Follows all projections until the server stops. Several servers may do so over one store: each event counts once.
    pub fn follow_projections(&self, who: Identity) {
        let server = self.clone();
        self.tasks.spawn(async move {
            while !server.is_stopping() {
                if let Err(error) = server.follow_those_there_are(&who).await {
                    tracing::warn!("projections cannot be followed: {}", escape_unsafe(&error.to_string()));
                    tokio::select! {
                        () = server.stopped() => {}
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        });
    }

    /// Until there are others.
    async fn follow_those_there_are(&self, who: &Identity) -> Result<(), OpsError> {
        let queries = self.queries().await?;
        let names = names_of(&queries);
        let mut follower = Follower::start(&self.store, &queries, &names, self.clock.clone(), who.clone())?;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = self.stopped() => break,
                happened = follower.next() => match happened {
                    Some(Followed::Ran(report)) => tracing::debug!(projection = %escape_unsafe(&report.name), position = report.position.0, "went on"),
                    Some(Followed::Stopped { name, error }) => warn(&name, "stands before an event", &error),
                    Some(Followed::Failed { name, error }) => warn(&name, "cannot go on", &error),
                    Some(Followed::Unavailable(error)) => warn("all", "store unavailable, trying again", &error.into()),
                    Some(Followed::Available) => tracing::info!("projections: the store is available again"),
                    Some(Followed::Deleted { .. }) | None => break,
                },
                _ = look.tick() => if names_of(&self.queries().await?) != names {
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
