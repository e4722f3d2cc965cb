//! `esctl stream tail`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::output::Format;
use crate::cli::output::ListWriter;
use crate::cli::stream::event_rows;
use crate::cli::values::stream;
use crate::event::EventView;
use crate::event::StreamName;
use crate::ops::Condition;
use crate::ops::must_exist;
use crate::ops::tail_events;
use crate::ops::tail_events::TailEvents;

/// Show the last events and follow what comes
#[derive(Debug, Args)]
pub struct Tail {
    /// Which stream; all when none is given
    #[arg(value_parser = stream, conflicts_with = "all")]
    stream: Option<StreamName>,
    /// The events of all streams
    #[arg(long)]
    all: bool,
    /// Only events of this category; can be given several times
    #[arg(long, value_name = "C", conflicts_with = "stream")]
    category: Vec<String>,
    /// Only events of this type; can be given several times
    #[arg(long = "type", value_name = "T")]
    types: Vec<String>,
    /// Only events for which this jq program, or that in @FILE, says yes: any value but false and null
    #[arg(long = "where", value_name = "JQ", allow_hyphen_values = true)]
    condition: Option<String>,
    /// How many of the events that are there already
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u64,
    /// Follow what comes (the default)
    #[arg(short, long, overrides_with = "no_follow")]
    follow: bool,
    /// End after the events that are there already
    #[arg(long, overrides_with = "follow")]
    no_follow: bool,
}

impl Tail {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let follow = !self.no_follow;
        if follow && matches!(app.out.format(), Format::Json | Format::Yaml) {
            let error = CliError::usage("a list that never ends cannot be one JSON or YAML document");
            return Err(error.hint("use -o ndjson, or --no-follow"));
        }
        let store = app.store()?;
        let named = self.stream.clone();
        let condition = jq::condition(app, self.condition.as_deref())?;
        let (stream, categories, types) = (self.stream, self.category, self.types);
        let input = TailEvents { stream, categories, types, condition: condition.clone(), last: self.lines };
        let mut tail = tail_events::Tail::open(&store, &input).await?;
        if !follow && tail.is_empty() {
            // Without waiting for it to come into being, what is not there is not found.
            store.head().await?;
            if let Some(stream) = named {
                must_exist(&store, stream).await?;
            }
        }
        let mut list = app.out.list(event_rows::listing().unlimited());
        while let Some(chunk) = tail.next_there().await? {
            for event in chunk.iter() {
                push(&mut list, condition.as_ref(), &event)?;
            }
        }
        if !follow {
            return list.finish(None);
        }
        loop {
            list.flush()?;
            let chunk = tokio::select! {
                chunk = tail.next() => chunk?,
                () = app.out.reader_gone() => return Err(CliError::closed_pipe()),
            };
            for event in chunk.iter() {
                push(&mut list, condition.as_ref(), &event)?;
            }
        }
    }
}

fn push(list: &mut ListWriter<'_>, condition: Option<&Condition>, event: &EventView<'_>) -> Result<(), CliError> {
    if condition.map_or(Ok(true), |condition| condition.of_event(event))? {
        event_rows::push(list, event)?;
    }
    Ok(())
}
