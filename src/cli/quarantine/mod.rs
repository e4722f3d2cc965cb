//! `esctl quarantine`: events that are left out of every state and read model.

mod add;
mod list;
mod release;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::cli::write_record::Effect;
use crate::ops::projections::status::Maintainer;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;
use crate::ops::quarantine::QuarantineReport;
use crate::ops::quarantine::change_quarantine;
use crate::runtime::CommandResult;

/// The subcommands of `esctl quarantine`.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Add(add::Add),
    /// List the quarantined events
    List(list::List),
    Release(release::Release),
}

impl Verb {
    /// Returns what a run leaves in the store: the same change twice is one.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Add(_) | Self::Release(_) => Effect::Repeatable,
            Self::List(_) => Effect::Reads,
        }
    }
}

/// Runs a subcommand.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::Add(args) => args.run(app).await,
        Verb::List(args) => args.run(app).await,
        Verb::Release(args) => args.run(app).await,
    }
}

/// Changes the quarantine, and prints the result.
async fn change(app: &App, change: QuarantineChange) -> Result<(), CliError> {
    let store = app.store()?;
    let queries = app.all_queries(&store).await?;
    let report = change_quarantine(&store, &queries, &change, app.clock()).await?;
    print(app, &report, change.action)?;
    let (of_applications, own): (Vec<_>, Vec<_>) =
        report.read_models.iter().partition(|it| it.maintained_by == Maintainer::Application);
    for model in of_applications {
        app.out.warn(&format!("read model {} has to be rebuilt by the application that maintains it", model.name));
    }
    let mut stuck = own.into_iter().filter(|it| !it.rebuilt).peekable();
    if stuck.peek().is_none() {
        return Ok(());
    }
    let names: Vec<&str> = stuck.map(|it| it.name.as_str()).collect();
    let error = CliError::integrity(format!("the change is recorded, and not rebuilt: {}", names.join(", ")));
    let hint = format!("'esctl projection rebuild {}' shows why, and goes on", names[0]);
    Err(error.code("read_model_not_rebuilt").hint(hint).with("projections", names))
}

fn print(app: &App, report: &QuarantineReport, action: QuarantineAction) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        let what = match (report.outcome, action) {
            (CommandResult::Applied, QuarantineAction::Add) => Cell::new("quarantined").tone(Tone::Good),
            (CommandResult::Applied, QuarantineAction::Release) => Cell::new("released").tone(Tone::Good),
            (_, QuarantineAction::Add) => Cell::new("unchanged; it is quarantined already").tone(Tone::Warn),
            (_, QuarantineAction::Release) => Cell::new("unchanged; it is not quarantined").tone(Tone::Warn),
        };
        let event = &report.event;
        sheet.field("outcome", what);
        sheet.field("event", format!("{} {}", event.event_type, event.event_id));
        sheet.field("stream", format!("{}, version {}, position {}", event.stream, event.version, event.position));
        for model in &report.read_models {
            let what = match &model.error {
                None => Cell::new(format!("{} rebuilt", model.name)),
                Some(error) => Cell::new(format!("{} not rebuilt: {error}", model.name)).tone(Tone::Bad),
            };
            sheet.field("read model", what);
        }
    })
}
