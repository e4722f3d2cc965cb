//! The command `esctl bisect`.

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::changes;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::reducer_arg::reducer;
use crate::cli::reducer_arg::reducer_help;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::Condition;
use crate::ops::bisect;
use crate::ops::bisect::BisectReport;
use crate::ops::replay::PointInTime;

/// Find the first event after which a condition on the state holds; exit code 1 if it never does
#[derive(Debug, Args)]
#[command(
    after_help = "The condition is a jq program over the state, for instance '.amount < 0'. It is checked after each event, \
                        in one pass, and holds if its result is neither false nor null."
)]
pub struct BisectArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: StreamName,
    /// Condition on the state: a jq program or @FILE
    #[arg(long = "where", value_name = "JQ", allow_hyphen_values = true)]
    condition: String,
    #[arg(long, value_name = "R", add = NameSource::Reducers, help = reducer_help("the category's own, else merge"))]
    reducer: Option<String>,
    /// First version to check
    #[arg(long, value_name = "V", value_parser = place, default_value_t = 1)]
    from: u64,
    /// Check up to this time
    #[arg(long, value_name = "TIME", conflicts_with_all = ["version", "position"])]
    at: Option<String>,
    /// Check up to this version of the stream
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "position")]
    version: Option<u64>,
    /// Check up to this position of the store
    #[arg(long, value_name = "P", value_parser = place)]
    position: Option<u64>,
}

impl BisectArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let until = match (&self.at, self.version, self.position) {
            (Some(text), ..) => app.until(text)?,
            (None, Some(version), _) => PointInTime::Version(Version(version)),
            (None, None, Some(position)) => PointInTime::Position(Position(position)),
            (None, None, None) => PointInTime::Head,
        };
        let reducer = reducer(app, self.reducer.as_deref())?;
        let condition = Condition(jq::program(&app.out, &self.condition)?);
        let input = bisect::Bisect { stream: self.stream, from: Version(self.from), until, reducer, condition };
        let store = app.store()?;
        app.warn_quarantined(&store, input.stream.as_str()).await?;
        let report = bisect::bisect(&store, &input).await?;
        app.out.one(&report, |sheet| draw(sheet, &report, app.out.settings().unicode))?;
        if report.found {
            return Ok(());
        }
        let name = input.condition.0.name();
        let states = if report.states_asked == 1 { "1 state".to_owned() } else { format!("{} states", report.states_asked) };
        Err(CliError::check_failed(format!("{name} never holds: {states} of {} asked", report.stream)).code("never_holds"))
    }
}

fn draw(sheet: &mut Sheet, report: &BisectReport, unicode: bool) {
    sheet.field("stream", report.stream.as_str());
    sheet.field("reducer", &report.reducer);
    let Some(event) = &report.event else {
        sheet.field("holds", Cell::new("never").tone(Tone::Bad));
        return;
    };
    let position = if event.position.is_some() { format!(", position {}", event.position) } else { String::new() };
    sheet.field("holds after", Cell::new(format!("version {}{position}", event.version)).tone(Tone::Good));
    sheet.field("event", &event.event_type);
    sheet.field("recorded at", event.recorded_at);
    sheet.field("event id", event.event_id);
    sheet.field("data", &event.data);
    sheet.field("metadata", &event.metadata);
    sheet.heading("changes");
    for change in &report.changes {
        sheet.line(Cell::new(changes::change(change, unicode)).tone(Tone::Warn));
    }
    for (heading, state) in [("state before", &report.before), ("state after", &report.after)] {
        sheet.heading(heading);
        sheet.text(&pretty(state.as_ref().unwrap_or(&Value::Null)));
    }
}

fn pretty(state: &Value) -> String {
    serde_json::to_string_pretty(state).unwrap_or_else(|_| state.to_string())
}
