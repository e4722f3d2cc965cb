//! The command `esctl stream show`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::event::StreamName;
use crate::ops::show_stream::StreamEnd;
use crate::ops::show_stream::show_stream;

/// Show the size, the types and the ends of a stream
#[derive(Debug, Args)]
pub struct StreamShowArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: StreamName,
}

impl StreamShowArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let report = show_stream(&app.store()?, self.stream).await?;
        app.out.one(&report, |sheet| {
            let end = |end: &StreamEnd, sheet: &Sheet| {
                let time = if end.recorded_at.is_some() { format!(" at {}", sheet.time(end.recorded_at)) } else { String::new() };
                let position = if end.position.is_some() { format!(", position {}", end.position) } else { String::new() };
                format!("{}{time}{position}", end.event_type)
            };
            let (first, last) = (end(&report.first_event, sheet), end(&report.last_event, sheet));
            let snapshot = report.snapshot.as_ref();
            let snapshot =
                snapshot.map(|snapshot| format!("at version {}, taken {}", snapshot.version, sheet.time(snapshot.taken_at)));
            sheet.field("stream", report.stream.as_str());
            sheet.field("category", report.category.as_str());
            sheet.field("version", report.version.to_string());
            sheet.field("first event", first);
            sheet.field("last event", last);
            sheet.field("size", format!("{} bytes", report.size_bytes));
            // A store of another program has neither.
            if let Some(archived) = report.archived {
                sheet.field("snapshot", snapshot.unwrap_or_else(|| "none".into()));
                sheet.field("archived", if archived { "yes" } else { "no" });
            }
            sheet.blank();
            let rows = report.types.iter().map(|(name, count)| vec![Cell::new(name), Cell::number(count)]);
            sheet.table(&["type", "events"], rows.collect());
        })
    }
}
