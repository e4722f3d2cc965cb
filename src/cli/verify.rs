//! `esctl verify`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::future::warn_future;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::cli::values::stream;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::ops::verify;

/// Check that the store is as it was written: events, snapshots, read models
#[derive(Debug, Args)]
pub struct Verify {
    /// Only this stream; the whole store when none is given
    #[arg(value_parser = stream, conflicts_with = "all")]
    stream: Option<StreamName>,
    /// The whole store
    #[arg(long)]
    all: bool,
    /// A head that was kept elsewhere: it vouches for everything before it
    #[arg(long, value_name = "POSITION:HASH", value_parser = head)]
    head: Option<(Position, Hash)>,
}

fn head(text: &str) -> Result<(Position, Hash), String> {
    let parsed = text.split_once(':').and_then(|(position, hash)| {
        let hash = Hash::parse(hash)?;
        // What a store without events says of itself.
        if position == "0" && hash == Hash::ZERO {
            return Some((Position::ZERO, hash));
        }
        Some((Position(crate::cli::values::place(position).ok()?), hash))
    });
    parsed.ok_or_else(|| "wanted POSITION:HASH as an earlier 'esctl verify' printed it".into())
}

impl Verify {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let input = verify::Verify { stream: self.stream, head: self.head, now: Some(app.now()) };
        // A damaged store has no head to go by.
        let events = store.end().await.ok().map(|end| end.last.position.0);
        let bar = app.out.progress(events, "events");
        let report = verify::verify(&store, &input, &mut |events| bar.advance(events)).await?;
        bar.finish();
        warn_future(app, report.future);
        app.out.one(&report, |sheet| {
            let verdict = if report.ok { Cell::new("ok").tone(Tone::Good) } else { Cell::new("damaged").tone(Tone::Bad) };
            sheet.field("verdict", verdict);
            if let Some(stream) = &report.stream {
                sheet.field("stream", stream.as_str());
            }
            sheet.field(
                "checked",
                format!("{} events, {} streams, {} snapshots", report.events, report.streams, report.snapshots),
            );
            sheet.field("head", format!("{}:{}", report.head_position, report.head_hash));
            let row = |finding: &verify::Finding| vec![finding.kind.into(), finding.position.into(), Cell::new(&finding.message)];
            sheet.table(&["finding", "position", "what is wrong"], report.findings.iter().map(row).collect());
        })?;
        if report.ok {
            return Ok(());
        }
        let found = match report.findings_total {
            1 => "1 finding".to_owned(),
            found => format!("{found} findings"),
        };
        let error = CliError::integrity(format!("{found}: the store is not as it was written"));
        let only_schema = report.findings.iter().all(|finding| finding.kind == "schema");
        let hint = match (report.events_ok, &report.stream) {
            _ if only_schema => "run 'esctl init' to put back what is missing in the schema",
            (true, None) => "the events are whole: rebuild, delete or replace what is named above",
            (true, Some(_)) => "the events of this stream are whole: rebuild, delete or replace what is named above",
            (false, _) => "restore the store from a backup, or copy the whole events with 'esctl replay --all --into URL'",
        };
        Err(error.code("store_damaged").hint(hint))
    }
}
