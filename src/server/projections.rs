//! Keeping read models up to date in the background, so that whoever asks finds them so.

use std::time::Duration;

use crate::event::escape_unsafe;
use crate::ops::OpsError;
use crate::ops::projections::follow::Followed;
use crate::ops::projections::follow::Follower;
use crate::ops::projections::follow::Identity;
use crate::runtime::QueryBus;
use crate::server::Server;

/// How often is looked whether the store keeps other projections than before.
const LOOK: Duration = Duration::from_secs(10);
/// How long is waited after something went wrong.
const PAUSE: Duration = Duration::from_secs(1);

impl Server {
    /// Follows all projections until the server stops. Several servers may do so over one store: each event counts once.
    pub async fn follow_projections(&self, who: Identity) {
        while !self.is_stopping() {
            tokio::select! {
                () = self.stopped() => return,
                ended = self.follow_those_there_are(&who) => {
                    if let Err(error) = ended {
                        tracing::warn!("projections cannot be followed: {}", escape_unsafe(&error.to_string()));
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Until there are others.
    async fn follow_those_there_are(&self, who: &Identity) -> Result<(), OpsError> {
        let queries = self.queries().await?;
        let names = names_of(&queries);
        let mut follower = Follower::start(&self.store, &queries, &names, self.clock.clone(), who.clone())?;
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                happened = follower.next() => match happened? {
                    Followed::Ran(report) => tracing::debug!(projection = %escape_unsafe(&report.name), position = report.position.0, "went on"),
                    Followed::Stopped { name, error } => {
                        let (name, error) = (escape_unsafe(&name).into_owned(), error.to_string());
                        tracing::warn!(projection = %name, "stands before an event: {}", escape_unsafe(&error));
                    }
                    Followed::Deleted { .. } => return Ok(()),
                },
                _ = look.tick() => {
                    if names_of(&self.queries().await?) != names {
                        return Ok(());
                    }
                }
            }
        }
    }
}

fn names_of(queries: &QueryBus) -> Vec<String> {
    queries.projections().iter().map(|projection| projection.name().to_owned()).collect()
}
