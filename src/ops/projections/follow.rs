//! Following: several projections at once, each applying new events as they are appended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::aggregate::Projection;
use crate::event::Position;
use crate::ops::error::OpsError;
use crate::ops::head_query::HeadQuery;
use crate::runtime;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunOptions;
use crate::runtime::RunReport;
use crate::runtime::Runner;
use crate::runtime::RuntimeError;
use crate::store::FailedEventState;
use crate::store::Store;
use crate::store::StoreError;

/// The interval at which a follower looks for new events.
const POLL: Duration = Duration::from_millis(100);
/// The time between two checks that the store answers.
const WATCH: Duration = Duration::from_millis(500);
/// The interval at which a stopped projection looks for a decision of an operator.
const STOPPED_POLL: Duration = Duration::from_secs(1);
/// The delay before the failed event is tried again. It doubles each time …
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// … up to this delay.
const LAST_RETRY: Duration = Duration::from_secs(60);
/// The interval at which a follower reports that it is running,
const BEAT: Duration = Duration::from_secs(5);
/// and the time for which a report is valid.
const ALIVE: Duration = Duration::from_secs(15);
/// Maximum time for the report that a follower has ended.
const LEAVING: Duration = Duration::from_secs(2);

/// The identity of a follower.
#[derive(Debug, Clone)]
pub struct RunnerIdentity {
    /// The name of the machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// The client.
    pub by: String,
}

/// An update from a follower.
#[derive(Debug)]
pub enum FollowUpdate {
    /// The projection has applied events, or has been run for the first time.
    Ran(RunReport),
    /// The projection is stopped at an event that failed to apply. It retries with growing delays.
    Stopped {
        /// The projection.
        name: String,
        /// The reason.
        error: RuntimeError,
    },
    /// The projection failed for a reason that does not pass by itself: a checkpoint of another store, missing rights, a damaged
    /// store. It retries every few seconds.
    Failed {
        /// The projection.
        name: String,
        /// The reason.
        error: RuntimeError,
    },
    /// The store became unavailable; reported once for each outage. The follower keeps trying.
    Unavailable(StoreError),
    /// The store is available again.
    Available,
    /// The projection was deleted, and is no longer followed.
    Deleted {
        /// The projection.
        name: String,
    },
}

/// A follower. It ends when it is dropped; [`ProjectionFollower::leave`] also removes it from the list of runners.
pub struct ProjectionFollower {
    store: Store,
    /// The entries in the list of runners, each with its projection.
    runners: Vec<(String, Runner)>,
    updates: mpsc::Receiver<FollowUpdate>,
    tasks: JoinSet<()>,
}

struct FollowedProjection {
    store: Store,
    projection: Arc<dyn Projection>,
    /// True if the store keeps the projection, where it can be replaced and deleted.
    is_kept: bool,
    clock: Clock,
    runner: Runner,
    updates: mpsc::Sender<FollowUpdate>,
}

impl ProjectionFollower {
    /// Starts to follow projections.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] when there is no such projection.
    pub fn start(
        store: &Store,
        queries: &QueryBus,
        names: &[String],
        clock: Clock,
        who: RunnerIdentity,
    ) -> Result<Self, OpsError> {
        let (sender, updates) = mpsc::channel(16);
        let (mut tasks, mut runners) = (JoinSet::new(), Vec::new());
        let now = clock();
        tasks.spawn(watch(store.clone(), sender.downgrade()));
        for name in names {
            let projection = Arc::clone(queries.projection(name)?);
            let runner = Runner { host: who.host.clone(), pid: who.pid, by: who.by.clone(), since: now, until: now.plus(ALIVE) };
            runners.push((name.clone(), runner.clone()));
            let (store, clock) = (store.clone(), Arc::clone(&clock));
            let is_kept = queries.is_kept(name);
            let one = FollowedProjection { store, projection, is_kept, clock, runner, updates: sender.clone() };
            tasks.spawn(one.follow());
        }
        Ok(Self { store: store.clone(), runners, updates, tasks })
    }

    /// Waits for the next update; none: all projections were deleted. An outage of the store is an update, not an end.
    pub async fn next(&mut self) -> Option<FollowUpdate> {
        self.updates.recv().await
    }
}

impl ProjectionFollower {
    /// Ends the follower, and removes it from the list of runners. If that fails, its entry expires.
    pub async fn leave(mut self) {
        self.tasks.shutdown().await;
        let left = async {
            for (projection, runner) in &self.runners {
                runtime::leave(&self.store, projection, runner).await?;
            }
            Ok::<_, StoreError>(())
        };
        match tokio::time::timeout(LEAVING, left).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::info!(%error, "runner not removed from the list"),
            Err(_) => tracing::info!("runner not removed from the list: the store did not answer"),
        }
    }
}

fn is_unavailable(error: &RuntimeError) -> bool {
    matches!(error, RuntimeError::Store(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }))
}

/// Reports each outage of the store, and its end, until nothing is followed. It sends queries of its own, as a driver may delay
/// those of the projections as long as a server is unreachable.
async fn watch(store: Store, updates: mpsc::WeakSender<FollowUpdate>) {
    let mut asking = HeadQuery::default();
    let mut unavailable = false;
    loop {
        let news = match asking.ask(&store).await {
            Err(error @ StoreError::Unavailable { .. }) if !unavailable => Some(FollowUpdate::Unavailable(error)),
            Ok(_) if unavailable => Some(FollowUpdate::Available),
            // Other errors are reported by the projections.
            _ => None,
        };
        let Some(updates) = updates.upgrade() else { return };
        if let Some(news) = news {
            unavailable = !unavailable;
            if updates.send(news).await.is_err() {
                return;
            }
        }
        drop(updates);
        tokio::time::sleep(WATCH).await;
    }
}

impl FollowedProjection {
    async fn follow(mut self) {
        let mut known: Option<(Position, bool)> = None;
        let mut failed: Option<String> = None;
        let mut next_beat = self.runner.since;
        loop {
            let now = (self.clock)();
            let due = now >= next_beat;
            // Usually there is nothing to do, which one query finds out. Now and then it also checks that the projection still
            // exists unchanged.
            let head = self.store.head().await.map(|head| head.position);
            if let Err(error @ StoreError::Replaced(_)) = head {
                let name = self.projection.name().to_owned();
                self.send(FollowUpdate::Failed { name, error: error.into() }).await;
                return;
            }
            if !due && head.is_ok_and(|head| known == Some((head, false))) {
                tokio::time::sleep(POLL).await;
                continue;
            }
            match self.renew().await {
                Ok(true) => {}
                Ok(false) => {
                    let name = self.projection.name().to_owned();
                    self.send(FollowUpdate::Deleted { name }).await;
                    return;
                }
                Err(error) => {
                    tracing::info!(projection = self.projection.name(), %error, "definition not readable");
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            }
            if due {
                next_beat = now.plus(BEAT);
                self.beat(known.is_none()).await;
            }
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), RunOptions::default());
            match projector.catch_up(&mut |_| {}).await {
                Ok(report) => {
                    failed = None;
                    let state = (report.position, report.paused);
                    let news = report.events_applied + report.held_back > 0 || report.rebuilt;
                    let first = known.is_none_or(|(_, paused)| paused != report.paused);
                    known = Some(state);
                    if (news || first) && !self.send(FollowUpdate::Ran(report)).await {
                        return;
                    }
                }
                Err(error) if is_unavailable(&error) => {
                    tracing::info!(projection = self.projection.name(), %error, "store unavailable, retrying");
                }
                Err(error @ RuntimeError::Fold { position, .. }) => {
                    let name = self.projection.name().to_owned();
                    (known, failed) = (None, None);
                    if !self.send(FollowUpdate::Stopped { name, error }).await || !self.wait_at(position).await {
                        return;
                    }
                }
                // A restored store also lacks the event of the checkpoint. The cause is reported, not that effect.
                Err(_) if matches!(self.store.head().await, Err(StoreError::Replaced(_))) => continue,
                Err(error) => {
                    known = None;
                    let name = self.projection.name().to_owned();
                    let said = failed.replace(error.to_string());
                    if said != failed && !self.send(FollowUpdate::Failed { name, error }).await {
                        return;
                    }
                    tokio::time::sleep(BEAT).await;
                    self.beat(false).await;
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Reads the current definition, as a stored projection can be replaced. Returns false if it was deleted.
    async fn renew(&mut self) -> Result<bool, OpsError> {
        let name = self.projection.name();
        if !self.is_kept {
            return Ok(true);
        }
        let kept = runtime::definitions(&self.store).await?;
        let Some(kept) = kept.into_iter().flatten().find(|definition| definition.name == name) else { return Ok(false) };
        if kept.version != self.projection.version() {
            let projection = kept.projection().map_err(|(what, error)| OpsError::Invalid(format!("{what}: {error}")))?;
            self.projection = Arc::new(projection);
        }
        Ok(true)
    }

    /// Sends an update. Returns false if the receiver is gone.
    async fn send(&self, what: FollowUpdate) -> bool {
        self.updates.send(what).await.is_ok()
    }

    /// Waits at a failed event until it can be applied or an operator has decided. Returns false if the receiver is gone.
    async fn wait_at(&mut self, mut before: Position) -> bool {
        let (mut wait, mut waited) = (FIRST_RETRY, Duration::ZERO);
        loop {
            tokio::time::sleep(STOPPED_POLL).await;
            waited += STOPPED_POLL;
            self.beat(false).await;
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), RunOptions::default());
            let failed = projector.problems().await;
            let still_failing = failed.is_ok_and(|known| known.iter().any(|(_, event)| event.state == FailedEventState::Failing));
            if still_failing && waited < wait {
                continue;
            }
            (wait, waited) = ((wait * 2).min(LAST_RETRY), Duration::ZERO);
            if matches!(self.renew().await, Ok(false)) {
                return true;
            }
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), RunOptions::default());
            match projector.catch_up(&mut |_| {}).await {
                Err(error @ RuntimeError::Fold { position, .. }) if position != before => {
                    (before, wait) = (position, FIRST_RETRY);
                    let name = self.projection.name().to_owned();
                    if !self.send(FollowUpdate::Stopped { name, error }).await {
                        return false;
                    }
                }
                Err(RuntimeError::Fold { .. }) => {}
                Err(error) if is_unavailable(&error) => {}
                // The caller reports it.
                Err(_) => return true,
                Ok(report) => return self.send(FollowUpdate::Ran(report)).await,
            }
        }
    }

    async fn beat(&mut self, first: bool) {
        let now = (self.clock)();
        self.runner.until = now.plus(ALIVE);
        let name = self.projection.name();
        let said = async {
            if first {
                runtime::forget_silent_runners(&self.store, name, now).await?;
            }
            runtime::beat(&self.store, name, &self.runner).await
        };
        if let Err(error) = said.await {
            tracing::info!(projection = name, %error, "runner not reported");
        }
    }
}
