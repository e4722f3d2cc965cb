//! The command `esctl stats`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::future_events::warn_future;
use crate::cli::output::Cell;
use crate::ops::stats::Share;
use crate::ops::stats::StatsReport;
use crate::ops::stats::stats;

/// Show the size of a store: events, streams, bytes and rates, by category and type
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Draw the events over time
    #[arg(long)]
    chart: bool,
}

/// The maximum length of a bar, in characters.
const BAR: u64 = 50;

impl StatsArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let head = store.head().await?.position;
        let bar = app.out.progress(store.abilities().dense.then_some(head.0), "events");
        let report = stats(&store, app.now(), &mut |events| bar.advance(events)).await?;
        bar.finish();
        warn_future(app, report.future);
        app.out.one(&report, |sheet| {
            sheet.field("store", format!("{} ({})", report.store, report.kind));
            sheet.field("events", report.events.to_string());
            sheet.field("streams", report.streams.to_string());
            if let Some(quarantined) = report.quarantined.filter(|count| *count > 0) {
                sheet.field("quarantined", format!("{quarantined} events"));
            }
            sheet.field("size", report.size_bytes.map_or_else(Cell::none, |bytes| Cell::new(format!("{bytes} bytes"))));
            sheet.field("first event", Cell::from(report.first_recorded_at));
            sheet.field("last event", Cell::from(report.last_recorded_at));
            let rate = report.events_per_second.map(|rate| format!("{rate:.3} events/s"));
            sheet.field("rate", rate.map_or_else(Cell::none, Cell::new));
            let row = |share: &Share| vec![Cell::new(&share.name), share.streams.into(), share.events.into(), share.bytes.into()];
            sheet.blank();
            sheet.table(&["category", "streams", "events", "bytes"], report.categories.iter().map(row).collect());
            let row = |share: &Share| vec![Cell::new(&share.name), share.events.into(), share.bytes.into()];
            sheet.blank();
            sheet.table(&["type", "events", "bytes"], report.types.iter().map(row).collect());
            if self.chart {
                sheet.blank();
                sheet.table(&["from", "events", ""], chart(&report));
            }
        })
    }
}

fn chart(report: &StatsReport) -> Vec<Vec<Cell>> {
    let most = report.chart.iter().map(|span| span.events).max().unwrap_or(0).max(1);
    let rows = report.chart.iter().map(|span| {
        let length = (span.events * BAR).div_ceil(most);
        vec![span.from.into(), span.events.into(), Cell::new("#".repeat(usize::try_from(length).unwrap_or(0)))]
    });
    rows.collect()
}
