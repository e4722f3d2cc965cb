//! Following: several projections at once, each taking in new events as they come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::aggregate::Projection;
use crate::event::Position;
use crate::ops::error::OpsError;
use crate::ops::late::HeadQuestion;
use crate::runtime;
use crate::runtime::BatchSize;
use crate::runtime::Clock;
use crate::runtime::Projector;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::runtime::Runner;
use crate::runtime::RuntimeError;
use crate::store::ProblemState;
use crate::store::Store;
use crate::store::StoreError;

/// How often a follower looks for new events.
const POLL: Duration = Duration::from_millis(100);
/// The time between two checks that the store answers.
const WATCH: Duration = Duration::from_millis(500);
/// How often it looks whether somebody has said something about the event it stands before.
const STANDING: Duration = Duration::from_secs(1);
/// It tries that event again by itself after this, and then after twice as long each time …
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// … but not later than after this.
const LAST_RETRY: Duration = Duration::from_secs(60);
/// How often it says that it is there,
const BEAT: Duration = Duration::from_secs(5);
/// and for how long that counts.
const ALIVE: Duration = Duration::from_secs(15);
/// How long it may take to say that it is gone.
const LEAVING: Duration = Duration::from_secs(2);

/// Who runs it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The name of the machine.
    pub host: String,
    /// The number of the process.
    pub pid: u32,
    /// The client.
    pub by: String,
}

/// Something that happened to a projection.
#[derive(Debug)]
pub enum Followed {
    /// It has gone on, or has found for the first time what there was.
    Ran(RunReport),
    /// It stands before an event that it cannot take in. It tries again by itself, more and more seldom.
    Stopped {
        /// The projection.
        name: String,
        /// Why.
        error: RuntimeError,
    },
    /// It cannot go on for a reason that waiting does not mend: a checkpoint of another store, rights, a damaged store. It
    /// tries again by itself every few seconds, should somebody have mended it.
    Failed {
        /// The projection.
        name: String,
        /// Why.
        error: RuntimeError,
    },
    /// The store became unavailable; reported once for each outage. The follower keeps trying.
    Unavailable(StoreError),
    /// The store is available again.
    Available,
    /// It has been deleted, and is followed no longer.
    Deleted {
        /// The projection.
        name: String,
    },
}

/// Follows until it is dropped; [`Follower::leave`] is the polite way.
pub struct Follower {
    store: Store,
    /// As what it is listed, and for which projection.
    runners: Vec<(String, Runner)>,
    happened: mpsc::Receiver<Followed>,
    tasks: JoinSet<()>,
}

struct One {
    store: Store,
    projection: Arc<dyn Projection>,
    /// True if the store keeps the projection, where it can be replaced and deleted.
    is_kept: bool,
    clock: Clock,
    runner: Runner,
    happened: mpsc::Sender<Followed>,
}

impl Follower {
    /// Begins to follow.
    ///
    /// # Errors
    /// No such projection, or as the store says.
    pub fn start(store: &Store, queries: &QueryBus, names: &[String], clock: Clock, who: Identity) -> Result<Self, OpsError> {
        let (sender, happened) = mpsc::channel(16);
        let (mut tasks, mut runners) = (JoinSet::new(), Vec::new());
        let now = clock();
        tasks.spawn(watch(store.clone(), sender.downgrade()));
        for name in names {
            let projection = Arc::clone(queries.projection(name)?);
            let runner = Runner { host: who.host.clone(), pid: who.pid, by: who.by.clone(), since: now, until: now.plus(ALIVE) };
            runners.push((name.clone(), runner.clone()));
            let (store, clock) = (store.clone(), Arc::clone(&clock));
            let is_kept = queries.is_kept(name);
            let one = One { store, projection, is_kept, clock, runner, happened: sender.clone() };
            tasks.spawn(one.follow());
        }
        Ok(Self { store: store.clone(), runners, happened, tasks })
    }

    /// Waits for the next thing to happen; `None`: all that were followed have been deleted. A store that is away for a
    /// while is waited for.
    pub async fn next(&mut self) -> Option<Followed> {
        self.happened.recv().await
    }
}

impl Follower {
    /// Ends, and takes itself off the list of those who run the projections. Where that fails, the list forgets it by itself.
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
            Ok(Err(error)) => tracing::info!(%error, "cannot say that it runs no longer"),
            Err(_) => tracing::info!("cannot say that it runs no longer: the store does not answer"),
        }
    }
}

fn away(error: &RuntimeError) -> bool {
    matches!(error, RuntimeError::Store(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }))
}

/// Reports each outage of the store, and its end, until nothing is followed any more. It asks on its own: a driver may hold up
/// the questions of the projections for as long as a server is gone.
async fn watch(store: Store, happened: mpsc::WeakSender<Followed>) {
    let mut asking = HeadQuestion::default();
    let mut unavailable = false;
    loop {
        let news = match asking.ask(&store).await {
            Err(error @ StoreError::Unavailable { .. }) if !unavailable => Some(Followed::Unavailable(error)),
            Ok(_) if unavailable => Some(Followed::Available),
            // Other errors are reported by the projections that they stop.
            _ => None,
        };
        let Some(happened) = happened.upgrade() else { return };
        if let Some(news) = news {
            unavailable = !unavailable;
            if happened.send(news).await.is_err() {
                return;
            }
        }
        drop(happened);
        tokio::time::sleep(WATCH).await;
    }
}

impl One {
    async fn follow(mut self) {
        let mut known: Option<(Position, bool)> = None;
        let mut failed: Option<String> = None;
        let mut next_beat = self.runner.since;
        loop {
            let now = (self.clock)();
            let due = now >= next_beat;
            // Nearly always there is nothing to do, and one question finds that out; now and then whether it is there
            // still, and the same.
            let head = self.store.head().await.map(|head| head.position);
            if let Err(error @ StoreError::Replaced(_)) = head {
                let name = self.projection.name().to_owned();
                self.say(Followed::Failed { name, error: error.into() }).await;
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
                    self.say(Followed::Deleted { name }).await;
                    return;
                }
                Err(error) => {
                    tracing::info!(projection = self.projection.name(), %error, "its definition cannot be read");
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            }
            if due {
                next_beat = now.plus(BEAT);
                self.beat(known.is_none()).await;
            }
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), BatchSize::default());
            match projector.catch_up(&mut |_| {}).await {
                Ok(report) => {
                    failed = None;
                    let state = (report.position, report.paused);
                    let news = report.events_applied + report.held_back > 0 || report.rebuilt;
                    let first = known.is_none_or(|(_, paused)| paused != report.paused);
                    known = Some(state);
                    if (news || first) && !self.say(Followed::Ran(report)).await {
                        return;
                    }
                }
                Err(error) if away(&error) => {
                    tracing::info!(projection = self.projection.name(), %error, "tried again");
                }
                Err(error @ RuntimeError::Fold { position, .. }) => {
                    let name = self.projection.name().to_owned();
                    (known, failed) = (None, None);
                    if !self.say(Followed::Stopped { name, error }).await || !self.stand(position).await {
                        return;
                    }
                }
                // A store that was put back lacks the event of the checkpoint, too: the cause is reported, not that effect.
                Err(_) if matches!(self.store.head().await, Err(StoreError::Replaced(_))) => continue,
                Err(error) => {
                    known = None;
                    let name = self.projection.name().to_owned();
                    let said = failed.replace(error.to_string());
                    if said != failed && !self.say(Followed::Failed { name, error }).await {
                        return;
                    }
                    tokio::time::sleep(BEAT).await;
                    self.beat(false).await;
                }
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Takes the definition there is now: a projection that the store keeps can be replaced. Whether there is one still.
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

    /// Whether anybody listens still.
    async fn say(&self, what: Followed) -> bool {
        self.happened.send(what).await.is_ok()
    }

    /// Stands before an event until it can be taken in, or somebody has said what to do with it.
    async fn stand(&mut self, mut before: Position) -> bool {
        let (mut wait, mut waited) = (FIRST_RETRY, Duration::ZERO);
        loop {
            tokio::time::sleep(STANDING).await;
            waited += STANDING;
            self.beat(false).await;
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), BatchSize::default());
            let problems = projector.problems().await;
            let stands = problems.is_ok_and(|known| known.iter().any(|(_, problem)| problem.state == ProblemState::Failing));
            if stands && waited < wait {
                continue;
            }
            (wait, waited) = ((wait * 2).min(LAST_RETRY), Duration::ZERO);
            if matches!(self.renew().await, Ok(false)) {
                return true;
            }
            let projector = Projector::new(&self.store, &*self.projection, Arc::clone(&self.clock), BatchSize::default());
            match projector.catch_up(&mut |_| {}).await {
                Err(error @ RuntimeError::Fold { position, .. }) if position != before => {
                    (before, wait) = (position, FIRST_RETRY);
                    let name = self.projection.name().to_owned();
                    if !self.say(Followed::Stopped { name, error }).await {
                        return false;
                    }
                }
                Err(RuntimeError::Fold { .. }) => {}
                Err(error) if away(&error) => {}
                // It is told by who follows.
                Err(_) => return true,
                Ok(report) => return self.say(Followed::Ran(report)).await,
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
            tracing::info!(projection = name, %error, "cannot say that it is running");
        }
    }
}
