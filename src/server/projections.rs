//! Keeping read models up to date in the background, so that whoever asks finds them so.

use std::time::Duration;

use tokio::time::Instant;

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
/// After what time one that could not go on is tried again.
const AGAIN: Duration = Duration::from_secs(60);
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

    /// Until there are others, or one that could not go on is to be tried again.
    async fn follow_those_there_are(&self, who: &Identity) -> Result<(), OpsError> {
        let queries = self.queries().await?;
        let names = names_of(&queries);
        let mut follower = Follower::start(&self.store, &queries, &names, self.clock.clone(), who.clone())?;
        let (mut look, mut failed) = (tokio::time::interval(LOOK), None);
        loop {
            tokio::select! {
                () = self.stopped() => break,
                happened = follower.next() => match happened {
                    Ok(Followed::Ran(report)) => tracing::debug!(projection = %escape_unsafe(&report.name), position = report.position.0, "went on"),
                    Ok(Followed::Stopped { name, error }) => {
                        let (name, error) = (escape_unsafe(&name).into_owned(), error.to_string());
                        tracing::warn!(projection = %name, "stands before an event: {}", escape_unsafe(&error));
                    }
                    Ok(Followed::Deleted { .. }) => break,
                    // Nobody is left who could go on.
                    Err(error @ OpsError::Runtime(RuntimeError::NotFound(_))) => return Err(error),
                    // The others go on.
                    Err(error) => {
                        tracing::warn!("a projection cannot go on: {}", escape_unsafe(&error.to_string()));
                        failed = failed.or_else(|| Some(Instant::now()));
                    }
                },
                _ = look.tick() => {
                    let is_due = failed.is_some_and(|failed: Instant| failed.elapsed() > AGAIN);
                    if is_due || names_of(&self.queries().await?) != names {
                        break;
                    }
                }
            }
        }
        follower.leave().await;
        Ok(())
    }
}

fn names_of(queries: &QueryBus) -> Vec<String> {
    queries.projections().iter().map(|projection| projection.name().to_owned()).collect()
}
