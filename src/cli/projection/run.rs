//! `esctl projection run`

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use clap::Args;
use clap::ValueEnum;

use crate::cli::app::App;
use crate::cli::caveats::warn_caveat;
use crate::cli::error::CliError;
use crate::cli::output::Format;
use crate::cli::output::ListWriter;
use crate::cli::projection::cannot_be_taken_in;
use crate::cli::projection::known;
use crate::cli::projection::listing;
use crate::cli::projection::push;
use crate::cli::signals::Uncut;
use crate::cli::signals::await_writes_of_tasks;
use crate::cli::signals::interrupted;
use crate::ops::error::OpsError;
use crate::ops::projections::control::set_policy;
use crate::ops::projections::follow::FollowUpdate;
use crate::ops::projections::follow::ProjectionFollower;
use crate::ops::projections::follow::RunnerIdentity;
use crate::ops::projections::run::run_projection;
use crate::runtime::OnError;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::runtime::RuntimeError;
use crate::store::Store;
use crate::store::StoreError;

/// Bring read models up to date
#[derive(Debug, Args)]
pub struct Run {
    /// Which projections; all when none is given
    names: Vec<String>,
    /// Go on with each new event as it comes; a store that is away is waited for, and a projection that cannot go on is tried again
    #[arg(short, long)]
    follow: bool,
    /// What they do from now on at an event that cannot be taken in: stop before it, or park it with the later events
    /// of its stream and go on with the others. Kept in the store; stop unless ever told
    #[arg(long, value_name = "POLICY")]
    on_error: Option<Policy>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Policy {
    Stop,
    Park,
}

impl From<Policy> for OnError {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Stop => Self::Stop,
            Policy::Park => Self::Park,
        }
    }
}

impl Run {
    /// Whether it goes on until somebody ends it.
    pub(in crate::cli) fn follows(&self) -> bool {
        self.follow
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if self.follow && matches!(app.out.format(), Format::Json | Format::Yaml) {
            let error = CliError::usage("a list that never ends cannot be one JSON or YAML document");
            return Err(error.hint("use -o ndjson"));
        }
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        for name in &self.names {
            known(&queries, name)?;
        }
        let names = match self.names.as_slice() {
            [] => queries.projections().iter().map(|projection| projection.name().to_owned()).collect(),
            names => names.to_vec(),
        };
        let total = store.head().await?.position.0;
        if let Some(policy) = self.on_error {
            for name in &names {
                set_policy(&store, &queries, name, policy.into()).await?;
            }
        }
        if self.follow { follow(app, &store, &queries, &names).await } else { once(app, &store, &queries, &names, total).await }
    }
}

/// Runs each once. One that stops does not keep the others from going on.
async fn once(app: &App, store: &Store, queries: &QueryBus, names: &[String], total: u64) -> Result<(), CliError> {
    let mut stopped = None;
    let mut list = app.out.list(listing());
    for name in names {
        let bar = app.out.progress(Some(total), "events");
        let ran = run_projection(store, queries, name, app.clock(), &mut |passed| bar.advance(passed)).await;
        drop(bar);
        match ran {
            Ok(report) => show(app, queries, &mut list, &report).await?,
            Err(error) => {
                let is_the_stores = is_the_stores(&error);
                let error = match error {
                    OpsError::Runtime(error @ RuntimeError::Fold { .. }) => cannot_be_taken_in(error, name),
                    error => error.into(),
                };
                if let Some(earlier) = stopped.replace(error) {
                    app.out.error(&earlier);
                }
                if is_the_stores {
                    break;
                }
            }
        }
    }
    match stopped {
        // With nothing to show but the error, only the error is shown.
        Some(error) if names.len() == 1 => Err(error),
        Some(error) => list.finish(None).and(Err(error)),
        None => list.finish(None),
    }
}

/// Whether the others could not go on either.
fn is_the_stores(error: &OpsError) -> bool {
    let OpsError::Runtime(RuntimeError::Store(error)) = error else { return false };
    !matches!(error, StoreError::ForeignCheckpoint { .. } | StoreError::Unsupported(_) | StoreError::Invalid(_))
}

async fn follow(app: &App, store: &Store, queries: &QueryBus, names: &[String]) -> Result<(), CliError> {
    store.check_writable().await?;
    let host = whoami::hostname().unwrap_or_else(|_| "unknown".into());
    let who = RunnerIdentity { host, pid: std::process::id(), by: app.client() };
    let mut follower = ProjectionFollower::start(store, queries, names, app.clock(), who)?;
    let ended = show_what_happens(app, queries, &mut follower, names).await;
    let _uncut = Uncut::begin();
    let ended = match ended {
        Err(error) if error.is_signal() => {
            await_writes_of_tasks(app).await;
            Err(app.record.followed(error))
        }
        ended => ended,
    };
    follower.leave().await;
    ended
}

/// Shows what happens, until somebody asks to end or there is nothing left that goes on.
async fn show_what_happens(
    app: &App,
    queries: &QueryBus,
    follower: &mut ProjectionFollower,
    names: &[String],
) -> Result<(), CliError> {
    let mut going_on: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let named = |name: &str| names.iter().map(String::as_str).find(|named| *named == name);
    let mut failed = BTreeMap::new();
    let mut list = app.out.list(listing().unlimited());
    let mut asked_to_end = Box::pin(interrupted());
    loop {
        let happened = tokio::select! {
            biased;
            error = &mut asked_to_end => return Err(error),
            happened = follower.next() => happened,
            () = app.out.reader_gone() => return Err(CliError::closed_pipe()),
        };
        match happened {
            Some(FollowUpdate::Ran(report)) => {
                going_on.extend(named(&report.name));
                failed.remove(&report.name);
                show(app, queries, &mut list, &report).await?;
            }
            Some(FollowUpdate::Stopped { name, error }) => {
                going_on.extend(named(&name));
                failed.remove(&name);
                app.out.error(&cannot_be_taken_in(error, &name));
            }
            Some(FollowUpdate::Failed { name, error }) => {
                going_on.remove(name.as_str());
                let error = OpsError::from(error);
                let others_do = !is_the_stores(&error);
                let error = CliError::from(error);
                if going_on.is_empty() {
                    return Err(error);
                }
                app.out.error(&error);
                if others_do {
                    app.out.warn(&format!("projection {name} does not go on; the others do, and it is tried again by itself"));
                }
                failed.insert(name, error);
            }
            Some(FollowUpdate::Unavailable(error)) => app.warn_unavailable(&error),
            Some(FollowUpdate::Available) => app.note_available(),
            Some(FollowUpdate::Deleted { name }) => {
                going_on.remove(name.as_str());
                failed.remove(&name);
                app.out.warn(&format!("projection {name} was deleted; it is followed no longer"));
            }
            None => {
                let gone = "nothing left to follow: the projections were deleted";
                return Err(RuntimeError::NotFound(gone.to_owned()).into());
            }
        }
        list.flush()?;
        if going_on.is_empty()
            && let Some((_, error)) = failed.pop_first()
        {
            return Err(error);
        }
    }
}

async fn show(app: &App, queries: &QueryBus, list: &mut ListWriter<'_>, report: &RunReport) -> Result<(), CliError> {
    if report.paused {
        for caveat in queries.caveats(&report.name).await? {
            warn_caveat(app, &report.name, caveat);
        }
    }
    push(app, list, report)
}
