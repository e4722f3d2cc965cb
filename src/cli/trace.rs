//! `esctl trace`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::values::token;
use crate::ops::trace;
use crate::ops::trace::TraceCause;
use crate::ops::trace::TraceItem;

/// Deeper than this the tree is no longer drawn, only counted.
const DRAWN: usize = 16;
const FIELDS: [&str; 12] = [
    "depth",
    "cause",
    "position",
    "recorded_at",
    "event_id",
    "stream",
    "version",
    "type",
    "client_id",
    "command",
    "correlation_id",
    "causation_id",
];

/// Show everything that belongs together, in all streams, each event below the one that caused it
///
/// Every command starts a correlation id of its own, the id of its first event, unless --correlation-id names one;
/// --causation-id names the event that caused it. The whole store is read.
#[derive(Debug, Args)]
pub struct Trace {
    /// A correlation id, or the id of any event that belongs to it
    #[arg(value_parser = token)]
    id: String,
}

impl Trace {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let bar = app.out.progress(Some(store.head().await?.position.0), "events");
        let items = trace::trace(&store, &self.id, &mut |events| bar.advance(events)).await?;
        bar.finish();
        let columns = ["event", "stream", "version", "position", "time", "who", "cause"];
        let mut list = app.out.list(Listing::new(columns).fields(FIELDS));
        let unicode = app.out.settings().unicode;
        for item in &items {
            if !list.push(item, || cells(item, unicode))? {
                break;
            }
        }
        list.finish(None)
    }
}

fn cells(item: &TraceItem, unicode: bool) -> Vec<Cell> {
    let branch = match item.depth {
        0 => String::new(),
        deep if deep > DRAWN => format!("{}({deep}) ", "  ".repeat(DRAWN)),
        depth => format!("{}{} ", "  ".repeat(depth - 1), if unicode { "└─" } else { "`-" }),
    };
    let named = item.causation_id.as_deref().unwrap_or_default();
    let cause = match item.cause {
        TraceCause::None | TraceCause::Event => Cell::default(),
        TraceCause::Elsewhere => Cell::new(format!("{named}, of another correlation")).tone(Tone::Dim),
        TraceCause::Missing => Cell::new(format!("{named} is not in this store")).tone(Tone::Warn),
        TraceCause::Cycle => Cell::new(format!("{named}: a circle")).tone(Tone::Warn),
    };
    vec![
        Cell::new(format!("{branch}{}", item.event_type)),
        item.stream.as_str().into(),
        item.version.into(),
        item.position.into(),
        item.recorded_at.into(),
        item.client_id.as_deref().into(),
        cause,
    ]
}
