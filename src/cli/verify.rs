//! The command `esctl verify`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::future_events::warn_future;
use crate::cli::layout_tables::layout_tables;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Tone;
use crate::cli::verify_layout::verify_with_layout;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::ops::verify;

/// Verify that a store is as it was written: events, snapshots, read models
///
/// With --layout, a store of another program is verified: each row is an event, versions and positions are there once, ids are
/// unique, no time is in the future, and the tables of streams, checkpoints and snapshots agree with the events. A hole in
/// versions or positions is a note, not damage.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Name of one stream [default: the whole store]
    #[arg(value_parser = stream, conflicts_with = "all", add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Verify the whole store
    #[arg(long)]
    all: bool,
    /// Position and hash of a head that was kept elsewhere; they confirm everything before it
    #[arg(long, value_name = "POSITION:HASH", value_parser = head)]
    head: Option<(Position, Hash)>,
    #[arg(long, value_name = "R", add = NameSource::Reducers, help = "Reducer that makes the snapshots of another program, to compare them; with --layout")]
    reducer: Option<String>,
}

fn head(text: &str) -> Result<(Position, Hash), String> {
    let parsed = text.split_once(':').and_then(|(position, hash)| {
        let hash = Hash::parse(hash)?;
        // The head of a store without events.
        if position == "0" && hash == Hash::ZERO {
            return Some((Position::ZERO, hash));
        }
        Some((Position(crate::cli::arg_values::place(position).ok()?), hash))
    });
    parsed.ok_or_else(|| "expected POSITION:HASH as an earlier 'esctl verify' printed it".into())
}

impl VerifyArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if let Some(tables) = layout_tables(app)? {
            if self.head.is_some() {
                let error = CliError::usage("a store that is read with a layout has no hash chain, so --head cannot be checked");
                return Err(error
                    .code("no_hash_chain")
                    .hint("leave out --head, or copy the store into one of esctl with 'esctl copy', which has a hash chain"));
            }
            return verify_with_layout(app, &tables, self.stream, self.reducer.as_deref()).await;
        }
        if self.reducer.is_some() {
            let error = CliError::usage("--reducer is for snapshots of another program: it needs --layout");
            return Err(error.hint("run 'esctl snapshot verify' for snapshots of esctl"));
        }
        let store = app.store()?;
        let input = verify::Verify { stream: self.stream, head: self.head, now: Some(app.now()) };
        let events = if input.stream.is_none() { verify::events_to_read(&store).await } else { None };
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
            let checked = format!("{} events, {} streams, {} snapshots", report.events, report.streams, report.snapshots);
            sheet.field("checked", report.rows.map_or(checked.clone(), |rows| format!("{checked}, {rows} rows of read models")));
            sheet.field("head", format!("{}:{}", report.head_position, report.head_hash.unwrap_or_default()));
            let row =
                |finding: &verify::Finding| vec![finding.kind.into(), finding.position.into(), Cell::prose(&finding.message)];
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
            _ if only_schema => "run 'esctl init' to restore what is missing in the schema",
            (true, None) => "the events are intact: rebuild, delete or replace what the findings name",
            (true, Some(_)) => "the events of this stream are intact: rebuild, delete or replace what the findings name",
            (false, _) => "restore the store from a backup, or copy the intact events with 'esctl replay --all --into URL'",
        };
        Err(error.code("store_damaged").hint(hint))
    }
}
