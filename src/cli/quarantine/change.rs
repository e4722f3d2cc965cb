//! A change of the quarantine, and its report.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::ops::projections::status::Maintainer;
use crate::ops::quarantine::QuarantineAction;
use crate::ops::quarantine::QuarantineChange;
use crate::ops::quarantine::QuarantineReport;
use crate::ops::quarantine::change_quarantine;
use crate::runtime::CommandResult;

/// Changes the quarantine, and prints the result.
pub(super) async fn change(app: &App, change: QuarantineChange) -> Result<(), CliError> {
    let store = app.store()?;
    let queries = app.all_queries(&store).await?;
    let report = change_quarantine(&store, &queries, &change, app.clock()).await?;
    print(app, &report, change.action)?;
    let (of_applications, own): (Vec<_>, Vec<_>) =
        report.read_models.iter().partition(|it| it.maintained_by == Maintainer::Application);
    for model in of_applications {
        app.out.warn(&format!("the application that maintains read model {} must rebuild it", model.name));
    }
    let mut stuck = own.into_iter().filter(|it| !it.rebuilt).peekable();
    if stuck.peek().is_none() {
        return Ok(());
    }
    let names: Vec<&str> = stuck.map(|it| it.name.as_str()).collect();
    let error = CliError::integrity(format!("the change is recorded, but read models were not rebuilt: {}", names.join(", ")));
    let hint = format!("run 'esctl projection rebuild {}' to see the reason and to retry", names[0]);
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
