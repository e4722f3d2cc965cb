//! The command `esctl projection status`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::future_events::warn_future;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::known::known;
use crate::ops::future::future_events;
use crate::ops::projections::status::Maintainer;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::ProjectionStatus;
use crate::ops::projections::status::projection_status;
use crate::runtime::Runner;

/// Show the progress of projections: position, head, lag, rows
///
/// The state is current; idle (no newer event concerns it); behind (events are pending); never_run; outdated (its
/// rows are of another logic version: the next run rebuilds it); stopped (at an event that failed to apply); possibly_behind (there
/// are newer events, and an application maintains the read model: only the application knows if they concern it); parked (it goes
/// on without some streams); incomplete (rows lack events whose skips were taken back, until a rebuild); paused; foreign (its
/// checkpoint is of another store). The last column names the processes that run it.
#[derive(Debug, Args)]
pub struct ProjectionStatusArgs {
    /// Name of the projection [default: all]
    #[arg(add = NameSource::PROJECTIONS)]
    name: Option<String>,
}

impl ProjectionStatusArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        if let Some(name) = &self.name {
            known(&queries, name)?;
        }
        let statuses = projection_status(&store, &queries, self.name.as_deref(), app.now()).await?;
        warn_future(app, future_events(&store, app.now()).await?);
        let mut list = app.out.list(Listing::new([
            "name",
            "state",
            "position",
            "head",
            "lag events",
            "lag seconds",
            "rows",
            "updated",
            "run by",
        ]));
        for status in statuses {
            list.push(&status, || {
                vec![
                    status.name.as_str().into(),
                    state(&status),
                    status.position.into(),
                    status.head.into(),
                    status.lag_events.into(),
                    Cell::number(format!("{:.1}", status.lag_seconds)),
                    status.rows.into(),
                    status.updated_at.into(),
                    run_by(&status).into(),
                ]
            })?;
        }
        list.finish(None)
    }
}

fn run_by(status: &ProjectionStatus) -> String {
    if status.runners.is_empty() {
        return "no process".into();
    }
    let runner = |runner: &Runner| format!("{}, process {}", runner.host, runner.pid);
    status.runners.iter().map(runner).collect::<Vec<_>>().join("; ")
}

fn state(status: &ProjectionStatus) -> Cell {
    let (mut text, mut tone) = state_in_words(status);
    if status.problems.skipped > 0 {
        text = format!("{text}; {}", counted(status.problems.skipped, "event", "skipped"));
        tone = if tone == Tone::Good { Tone::Warn } else { tone };
    }
    if status.maintained_by == Maintainer::Application {
        text = format!("{text}; maintained by an application");
    }
    match status.rebuild_position {
        Some(position) => Cell::new(format!("{text}; a rebuild is at {position}")).tone(tone),
        None => Cell::new(text).tone(tone),
    }
}

/// Returns the name of a projection's state, and its tone.
pub(in crate::cli) fn state_in_words(status: &ProjectionStatus) -> (String, Tone) {
    let (text, tone) = match status.state {
        ProjectionState::Stopped => {
            let at = status.stopped_at.map(|at| format!(" at {at}")).unwrap_or_default();
            return (format!("stopped{at}"), Tone::Bad);
        }
        ProjectionState::Paused => ("paused", Tone::Warn),
        ProjectionState::Parked => {
            let streams = counted(status.problems.parked, "stream", "parked");
            return (format!("{streams}, {}", counted(status.held_back_events, "event", "held back")), Tone::Warn);
        }
        ProjectionState::Incomplete => return (counted(status.problems.missing, "event", "missing"), Tone::Warn),
        ProjectionState::Current => ("current", Tone::Good),
        ProjectionState::Idle => ("idle", Tone::Good),
        ProjectionState::Behind => ("behind", Tone::Warn),
        ProjectionState::PossiblyBehind => ("possibly behind", Tone::Good),
        ProjectionState::NeverRun => ("never run", Tone::Warn),
        ProjectionState::Outdated => ("outdated", Tone::Warn),
        ProjectionState::Foreign => ("not of this store", Tone::Bad),
    };
    (text.to_owned(), tone)
}

fn counted(count: u64, what: &str, how: &str) -> String {
    format!("{count} {what}{} {how}", if count == 1 { "" } else { "s" })
}
