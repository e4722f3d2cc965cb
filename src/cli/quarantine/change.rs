//! A change of the quarantine, and its report.

use crate::cli::app::App;
use crate::cli::draw_write::draw_event;
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
        let event = &report.event;
        let (word, tone, text) = match (report.outcome, action) {
            (CommandResult::Applied, QuarantineAction::Add) => ("quarantined", Tone::Good, event.event_type.clone()),
            (CommandResult::Applied, QuarantineAction::Release) => ("released", Tone::Good, event.event_type.clone()),
            (_, QuarantineAction::Add) => ("unchanged", Tone::Warn, "it is quarantined already".to_owned()),
            (_, QuarantineAction::Release) => ("unchanged", Tone::Warn, "it is not quarantined".to_owned()),
        };
        let rebuilt: Vec<&str> =
            report.read_models.iter().filter(|model| model.error.is_none()).map(|model| model.name.as_str()).collect();
        let rebuilt = if rebuilt.is_empty() { String::new() } else { format!("   rebuilt {}", rebuilt.join(", ")) };
        sheet.cut_line(Cell::new(word).tone(tone), format!(": {} #{}   {text}{rebuilt}", event.stream, event.version));
        for model in &report.read_models {
            if let Some(error) = &model.error {
                sheet.line(Cell::new(format!("read model {} not rebuilt: {error}", model.name)).tone(Tone::Bad));
            }
        }
        if app.out.settings().verbose > 0 {
            draw_event(event.version, &event.event_type, event.position, event.event_id, sheet);
        }
    })
}
