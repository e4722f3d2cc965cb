//! `esctl projection`: read models and what makes them.

mod create;
mod delete;
mod list;
mod query;
mod rebuild;
mod run;
mod status;

pub(super) use status::state_in_words;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::runtime::QueryBus;
use crate::runtime::RunReport;

/// What can be done with projections.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the projections there are
    List(list::List),
    /// Show how far projections are: position, head, lag, rows
    Status(status::Status),
    /// Bring read models up to date
    Run(run::Run),
    /// Build a read model anew beside the old one, which answers until the new one replaces it
    Rebuild(rebuild::Rebuild),
    /// Ask a read model
    Query(query::Query),
    /// Make a projection of jq programs, which the store keeps
    Create(create::Create),
    /// Delete a projection of one's own, with its read model; events are never touched
    Delete(delete::Delete),
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => args.run(app).await,
        Verb::Status(args) => args.run(app).await,
        Verb::Run(args) => args.run(app).await,
        Verb::Rebuild(args) => args.run(app).await,
        Verb::Query(args) => args.run(app).await,
        Verb::Create(args) => args.run(app).await,
        Verb::Delete(args) => args.run(app).await,
    }
}

/// The error for a name that no projection has.
fn known(queries: &QueryBus, name: &str) -> Result<(), CliError> {
    let names = || queries.projections().iter().map(|projection| projection.name());
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

/// Prints what runs did, as a list.
fn print(app: &App, reports: &[RunReport]) -> Result<(), CliError> {
    let columns = ["name", "from", "position", "events applied", "rebuilt"];
    let fields = ["name", "from", "position", "events_applied", "rebuilt"];
    let mut list = app.out.list(crate::cli::output::Listing::new(columns).fields(fields));
    for report in reports {
        list.push(report, || {
            let rebuilt = if report.rebuilt { "yes" } else { "no" };
            vec![
                report.name.as_str().into(),
                report.from.into(),
                report.position.into(),
                report.events_applied.into(),
                rebuilt.into(),
            ]
        })?;
    }
    list.finish(None)
}
