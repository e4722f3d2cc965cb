//! `esctl projection`: read models and what makes them.

mod create;
mod delete;
mod errors;
mod list;
mod pause;
mod query;
mod rebuild;
mod rollback;
mod run;
mod status;

pub(super) use status::state_in_words;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::ListWriter;
use crate::cli::output::Listing;
use crate::cli::write_record::Effect;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;
use crate::runtime::RuntimeError;
use crate::runtime::is_built_in;

/// What can be done with projections.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the projections there are
    List(list::List),
    Status(status::Status),
    /// Bring read models up to date
    Run(run::Run),
    /// Build a read model anew beside the old one, which answers until the new one replaces it
    Rebuild(rebuild::Rebuild),
    /// Go back to the read model before the last rebuild
    Rollback(rollback::Rollback),
    /// Pause a projection: its read model answers as it is until it is resumed
    Pause(pause::Pause),
    /// Let a paused projection go on
    Resume(pause::Resume),
    Errors(errors::Errors),
    /// Ask a read model
    Query(query::Query),
    /// Make a projection of jq programs, which the store keeps
    Create(create::Create),
    /// Delete a projection of one's own, with its read model; events are never touched
    Delete(delete::Delete),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Run(_)
            | Self::Rebuild(_)
            | Self::Rollback(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Create(_)
            | Self::Delete(_) => Effect::Repeatable,
            Self::Errors(errors) => errors.effect(),
            Self::List(_) | Self::Status(_) | Self::Query(_) => Effect::Reads,
        }
    }
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app).await,
        Verb::Status(args) => args.run(app).await,
        Verb::Run(args) => args.run(app).await,
        Verb::Rebuild(args) => args.run(app).await,
        Verb::Rollback(args) => args.run(app).await,
        Verb::Pause(args) => args.run(app).await,
        Verb::Resume(args) => args.run(app).await,
        Verb::Errors(args) => args.run(app).await,
        Verb::Query(args) => args.run(app).await,
        Verb::Create(args) => args.run(app).await,
        Verb::Delete(args) => args.run(app).await,
    }
}

/// The error for a name that no projection has.
fn known(queries: &QueryBus, name: &str) -> Result<(), CliError> {
    let names = || queries.projections().iter().chain(queries.of_applications()).map(|projection| projection.name());
    if names().any(|known| known == name) {
        return Ok(());
    }
    if queries.unreadable().iter().any(|unreadable| unreadable.name == name) {
        queries.projection(name)?;
    }
    let error = CliError::not_found(format!("there is no projection \"{name}\"")).code("projection_not_found");
    let all: Vec<_> = names().collect();
    Err(error.hint(format!("there are: {}", all.join(", "))).with("projection", name).did_you_mean(name, all))
}

/// The error for an event before which a projection stands, and what to do about it.
fn cannot_be_taken_in(error: RuntimeError, name: &str) -> CliError {
    let error = CliError::from(error).with("projection", name);
    let mut hint = format!("'esctl projection errors {name}' shows it; --retry ID tries it again, --skip ID leaves it out");
    if !is_built_in(name) {
        hint.push_str(&format!("; 'esctl projection create {name} … --replace' gives it other programs"));
    }
    error.hint(hint)
}

/// How runs are listed.
fn listing() -> Listing {
    let columns = ["name", "from", "position", "events applied", "rebuilt"];
    Listing::new(columns).fields(["name", "from", "position", "events_applied", "held_back", "paused", "rebuilt"])
}

/// Lists what a run did; what it has held back is said on stderr.
fn push(app: &App, list: &mut ListWriter<'_>, report: &RunReport) -> Result<(), CliError> {
    if report.held_back > 0 {
        let (name, count) = (&report.name, report.held_back);
        let events = if count == 1 { "1 event is".to_owned() } else { format!("{count} events are") };
        app.out.warn(&format!("projection {name}: {events} held back; see 'esctl projection errors {name}'"));
    }
    list.push(report, || row(report)).map(|_| ())
}

fn row(report: &RunReport) -> Vec<Cell> {
    let rebuilt = if report.rebuilt { "yes" } else { "no" };
    vec![report.name.as_str().into(), report.from.into(), report.position.into(), report.events_applied.into(), rebuilt.into()]
}
