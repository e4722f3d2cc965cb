//! The command `esctl trace`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::ops::trace;
use crate::ops::trace::TraceCause;
use crate::ops::trace::TraceItem;

/// The depth up to which the tree is drawn. Deeper levels are numbers.
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

/// Show all events of a correlation in all streams, each below the event that caused it
///
/// Every command starts a correlation id of its own, the id of its first event, unless --correlation-id names one. --causation-id
/// names the event that caused it. The command reads the whole store.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Correlation id, or the id of any event that has it
    #[arg(value_parser = token)]
    id: String,
}

impl TraceArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let head = store.head().await?.position;
        let bar = app.out.progress(store.abilities().dense.then_some(head.0), "events");
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
        TraceCause::Cycle => Cell::new(format!("{named}: a cycle")).tone(Tone::Warn),
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
