//! `esctl projection errors`

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::known;
use crate::cli::write_record::Effect;
use crate::ops::projections::errors::ReleaseAction;
use crate::ops::projections::errors::projection_errors;
use crate::ops::projections::errors::release_event;
use crate::store::FailedEventState;

/// Show the events that a projection cannot take in, try one again, or leave one out
///
/// Each is failing (the projection stands before it), parked (it and the later events of its stream are held back,
/// the others go on), skipped (by your word; rebuilds leave it out, too), or missing (it was skipped, and you took that
/// back: the rows lack it until the next rebuild takes it in).
#[derive(Debug, Args)]
pub struct Errors {
    /// Which projection
    name: String,
    /// Try this event again, and then those of its stream that were held back; one that was skipped: by the next rebuild
    #[arg(long, value_name = "ID", conflicts_with = "skip", value_parser = event_id)]
    retry: Option<Uuid>,
    /// Leave this event out for good, and take in those of its stream that were held back
    #[arg(long, value_name = "ID", value_parser = event_id)]
    skip: Option<Uuid>,
}

fn event_id(text: &str) -> Result<Uuid, String> {
    Uuid::parse_str(text).map_err(|_| "wanted the id of an event, as 'esctl projection errors NAME' shows it".into())
}

impl Errors {
    /// Returns its effect.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.retry.is_some() || self.skip.is_some() { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        let word = match (self.retry, self.skip) {
            (Some(id), _) => Some((id, ReleaseAction::Retry)),
            (None, id) => id.map(|id| (id, ReleaseAction::Skip)),
        };
        if let Some((id, word)) = word {
            store.head().await?;
            let released = release_event(&store, &queries, &self.name, id, word, app.clock()).await?;
            app.out.one(&released, |sheet| {
                sheet.field("event", released.event_id.to_string());
                sheet.field("events applied", released.events_applied);
                if let Some(problem) = &released.problem {
                    sheet.field("stands at", format!("position {}, {}", problem.position, problem.stream));
                    sheet.field("because", problem.error.as_str());
                }
            })?;
            if released.rebuild_needed {
                let (id, name) = (released.event_id, &self.name);
                let how = format!("'esctl projection rebuild {name}' takes it in");
                app.out.warn(&format!("event {id} was skipped, and the read model of {name} lacks it still: {how}"));
            }
            return match &released.problem {
                None => Ok(()),
                Some(problem) => {
                    let message = format!("event {} cannot be taken in: {}", problem.event_id, problem.error);
                    let error = CliError::no(message).code("event_still_failing").with("position", problem.position.0);
                    Err(error.hint(format!("esctl projection errors {} --skip {}", self.name, problem.event_id)))
                }
            };
        }
        let columns = ["state", "position", "event id", "stream", "type", "attempts", "last tried", "error"];
        let mut list = app.out.list(Listing::new(columns).empty("no errors"));
        for found in projection_errors(&store, &queries, &self.name, app.clock()).await? {
            let problem = &found.problem;
            list.push(&found, || {
                vec![
                    state(problem.state),
                    problem.position.into(),
                    problem.event_id.to_string().into(),
                    problem.stream.as_str().into(),
                    problem.event_type.as_str().into(),
                    u64::from(problem.attempts).into(),
                    Some(problem.last_at).into(),
                    problem.error.as_str().into(),
                ]
            })?;
        }
        list.finish(None)
    }
}

fn state(state: FailedEventState) -> Cell {
    match state {
        FailedEventState::Failing => Cell::new("failing").tone(Tone::Bad),
        FailedEventState::Parked => Cell::new("parked").tone(Tone::Warn),
        FailedEventState::Skipped => Cell::new("skipped"),
        FailedEventState::Missing => Cell::new("missing").tone(Tone::Warn),
        FailedEventState::Quarantined => Cell::new("quarantined"),
    }
}
