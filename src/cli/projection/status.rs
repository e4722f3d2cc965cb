//! `esctl projection status`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::known;
use crate::ops::projections::status::ProjectionState;
use crate::ops::projections::status::projection_status;

/// Show how far projections are: position, head, lag, rows
#[derive(Debug, Args)]
pub struct Status {
    /// Which projection; all when none is given
    name: Option<String>,
}

impl Status {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        if let Some(name) = &self.name {
            known(&queries, name)?;
        }
        let statuses = projection_status(&store, &queries, self.name.as_deref(), app.now()).await?;
        let mut list =
            app.out.list(Listing::new(["name", "state", "position", "head", "lag events", "lag seconds", "rows", "updated"]));
        for status in statuses {
            list.push(&status, || {
                vec![
                    status.name.as_str().into(),
                    state(status.state),
                    status.position.into(),
                    status.head.into(),
                    status.lag_events.into(),
                    Cell::number(format!("{:.1}", status.lag_seconds)),
                    status.rows.into(),
                    status.updated_at.into(),
                ]
            })?;
        }
        list.finish(None)
    }
}

fn state(state: ProjectionState) -> Cell {
    let (text, tone) = state_in_words(state);
    Cell::new(text).tone(tone)
}

/// What the state of a projection is called, and how that is to be taken.
pub(in crate::cli) fn state_in_words(state: ProjectionState) -> (&'static str, Tone) {
    match state {
        ProjectionState::Current => ("current", Tone::Good),
        ProjectionState::NothingForIt => ("nothing for it", Tone::Good),
        ProjectionState::Behind => ("behind", Tone::Warn),
        ProjectionState::NeverRun => ("never run", Tone::Warn),
        ProjectionState::Outdated => ("outdated", Tone::Warn),
        ProjectionState::Foreign => ("not of this store", Tone::Bad),
    }
}
