//! The command `esctl projection errors`.

use clap::Args;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::known::known;
use crate::cli::write_record::Effect;
use crate::ops::projections::errors::ReleaseAction;
use crate::ops::projections::errors::projection_errors;
use crate::ops::projections::errors::release_event;
use crate::store::FailedEventState;

/// Show the events that a projection failed to apply, retry one, or skip one
///
/// An event is failing (the projection is stopped at it), parked (it and the later events of its stream wait, while other streams
/// go on), skipped (by an operator; rebuilds leave it out, too), or missing (its skip was taken back; the rows lack it until the
/// next rebuild).
#[derive(Debug, Args)]
pub struct ProjectionErrorsArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: String,
    /// Retry this event, then the waiting events of its stream; a skipped event is applied by the next rebuild
    #[arg(long, value_name = "ID", conflicts_with = "skip", value_parser = event_id, add = NameSource::FAILED_EVENTS)]
    retry: Option<Uuid>,
    /// Skip this event for good, and apply the waiting events of its stream
    #[arg(long, value_name = "ID", value_parser = event_id, add = NameSource::FAILED_EVENTS)]
    skip: Option<Uuid>,
}

fn event_id(text: &str) -> Result<Uuid, String> {
    Uuid::parse_str(text).map_err(|_| "expected the id of an event, as 'esctl projection errors NAME' shows it".into())
}

impl ProjectionErrorsArgs {
    /// Returns the effect of the command.
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
                    sheet.field("stopped at", format!("position {}, {}", problem.position, problem.stream));
                    sheet.field("error", problem.error.as_str());
                }
            })?;
            if released.rebuild_needed {
                let (id, name) = (released.event_id, &self.name);
                let how = format!("run 'esctl projection rebuild {name}' to apply it");
                app.out.warn(&format!("event {id} was skipped, and the read model of {name} still lacks it: {how}"));
            }
            return match &released.problem {
                None => Ok(()),
                Some(problem) => {
                    let message = format!("event {} failed to apply: {}", problem.event_id, problem.error);
                    let error = CliError::check_failed(message).code("event_still_failing").with("position", problem.position.0);
                    Err(error.hint(format!("run 'esctl projection errors {} --skip {}' to skip it", self.name, problem.event_id)))
                }
            };
        }
        let columns = ["state", "position", "event id", "stream", "type", "attempts", "last tried", "error"];
        let mut list = app.out.list(Listing::new(columns).empty("no errors"));
        for found in projection_errors(&store, &queries, &self.name, app.clock()).await? {
            let problem = &found.failed_event;
            list.push(&found, || {
                vec![
                    state(problem.state),
                    problem.position.into(),
                    problem.event_id.to_string().into(),
                    problem.stream.as_str().into(),
                    problem.event_type.as_str().into(),
                    u64::from(problem.attempts).into(),
                    Some(problem.last_at).into(),
                    Cell::prose(&problem.error),
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
