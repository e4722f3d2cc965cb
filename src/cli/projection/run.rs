//! The command `esctl projection run`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use clap::Args;
use clap::ValueEnum;

use crate::cli::app::App;
use crate::cli::await_writes::await_writes_of_tasks;
use crate::cli::caveats::warn_caveat;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::ListWriter;
use crate::cli::projection::failed_to_apply::failed_to_apply;
use crate::cli::projection::known::known;
use crate::cli::projection::run_rows::listing;
use crate::cli::projection::run_rows::push;
use crate::cli::shutdown_hold::ShutdownHold;
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
pub struct ProjectionRunArgs {
    /// Names of the projections [default: all]
    #[arg(add = NameSource::PROJECTIONS)]
    names: Vec<String>,
    /// Keep running and apply new events; reconnects if the store is unavailable, and retries a projection that cannot run
    #[arg(short, long)]
    follow: bool,
    /// Action when an event fails to apply, stored for later runs: stop at it, or park its stream and go on with other streams
    /// [default: stop, unless stored]
    #[arg(long, value_name = "POLICY")]
    on_error: Option<OnErrorArg>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnErrorArg {
    Stop,
    Park,
}

impl From<OnErrorArg> for OnError {
    fn from(policy: OnErrorArg) -> Self {
        match policy {
            OnErrorArg::Stop => Self::Stop,
            OnErrorArg::Park => Self::Park,
        }
    }
}

impl ProjectionRunArgs {
    /// Returns true if the command runs until a signal.
    pub(in crate::cli) fn follows(&self) -> bool {
        self.follow
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if self.follow {
            app.out.check_endless("pass -o ndjson")?;
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

/// Runs each projection once. One that is stopped does not keep the others from running.
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
                    OpsError::Runtime(error @ RuntimeError::Fold { .. }) => failed_to_apply(error, name),
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
        // If there are no rows, only the error is printed.
        Some(error) if names.len() == 1 => Err(error),
        Some(error) => list.finish(None).and(Err(error)),
        None => list.finish(None),
    }
}

/// Returns true for an error of the store, which affects all projections.
fn is_the_stores(error: &OpsError) -> bool {
    let OpsError::Runtime(RuntimeError::Store(error)) = error else { return false };
    !matches!(
        error,
        StoreError::ForeignCheckpoint { .. }
            | StoreError::Unsupported(_)
            | StoreError::OtherApplication { .. }
            | StoreError::Invalid(_)
    )
}

async fn follow(app: &App, store: &Store, queries: &QueryBus, names: &[String]) -> Result<(), CliError> {
    store.check_writable().await?;
    let host = whoami::hostname().unwrap_or_else(|_| "unknown".into());
    let who = RunnerIdentity { host, pid: std::process::id(), by: app.client() };
    let mut follower = ProjectionFollower::start(store, queries, names, app.clock(), who)?;
    let ended = show_what_happens(app, queries, &mut follower, names).await;
    let _hold = ShutdownHold::begin();
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

/// Prints the runs until a signal, or until no projection is left to run.
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
    let mut signal = Box::pin(interrupted());
    loop {
        let happened = tokio::select! {
            biased;
            error = &mut signal => return Err(error),
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
                app.out.error(&failed_to_apply(error, &name));
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
                    app.out.warn(&format!("projection {name} cannot run now and will be retried; the others go on"));
                }
                failed.insert(name, error);
            }
            Some(FollowUpdate::Unavailable(error)) => app.warn_unavailable(&error),
            Some(FollowUpdate::Available) => app.note_available(),
            Some(FollowUpdate::Deleted { name }) => {
                going_on.remove(name.as_str());
                failed.remove(&name);
                app.out.warn(&format!("projection {name} was deleted and is not followed any more"));
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
