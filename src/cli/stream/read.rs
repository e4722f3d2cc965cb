//! The command `esctl stream read`.

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::place;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::name_source::NameSource;
use crate::cli::selection::SelectionArgs;
use crate::cli::stream::event_rows;
use crate::event::StreamName;
use crate::ops::EventFilter;
use crate::ops::Selection;
use crate::ops::read_events::ReadEvents;
use crate::ops::read_events::read_events;

/// Read the events of a stream, or of all streams
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["stream", "all"]))]
pub struct StreamReadArgs {
    /// Name of the stream
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Read the events of all streams, in the order of their positions
    #[arg(long)]
    all: bool,
    /// First version to read (with --all: first position)
    #[arg(long, value_name = "N", value_parser = place)]
    from: Option<u64>,
    /// Last version to read (with --all: last position)
    #[arg(long, value_name = "N", value_parser = place)]
    to: Option<u64>,
    /// Maximum number of events
    #[arg(long, value_name = "N", value_parser = place)]
    limit: Option<u64>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Read from the last event to the first
    #[arg(long)]
    backwards: bool,
    /// Only events of this category; repeatable
    #[arg(long, value_name = "C", conflicts_with = "stream", add = NameSource::CATEGORIES)]
    category: Vec<String>,
    /// Only events of this type; repeatable
    #[arg(long = "type", value_name = "T", add = NameSource::EVENT_TYPES)]
    types: Vec<String>,
    /// Only events for which this jq program, or the one in @FILE, returns a value other than false and null
    #[arg(long = "where", value_name = "JQ", allow_hyphen_values = true)]
    condition: Option<String>,
    /// Also show the events that the store of another program hides, such as deleted ones; needs --layout
    #[arg(long)]
    hidden: bool,
}

impl StreamReadArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        if self.hidden && app.layout().is_none() {
            return Err(CliError::usage("--hidden is for the stores of other programs: a store of esctl hides no events")
                .hint("name a layout with --layout"));
        }
        let condition = jq::condition(&app.out, self.condition.as_deref())?;
        let filter = EventFilter::new(condition, self.selection.by.as_deref());
        let input = ReadEvents {
            stream: self.stream,
            selection: Selection { from: self.from, to: self.to, ..self.selection.selection(app)? },
            // One more than the limit shows if there is more. With a filter, the number of events to read is unknown.
            limit: self.limit.filter(|_| filter.takes_all()).map(|limit| limit + 1),
            backwards: self.backwards,
            categories: self.category,
            types: self.types,
            hidden: self.hidden,
        };
        let store = app.store()?;
        filter.check(&store).await?;
        let mut scan = read_events(&store, &input).await?;
        let listing = event_rows::listing();
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let (mut last, mut next) = (None, None);
        let mut is_over = false;
        'events: loop {
            let chunk = match scan.next().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                // Events before the damage are printed. Without any, no empty table is printed.
                Err(damage) if damage.is_damage() => {
                    if list.pushed() > 0 {
                        list.finish(None)?;
                    }
                    return Err(damage.into());
                }
                Err(error) => return Err(error.into()),
            };
            for event in chunk.iter() {
                if !filter.wants(&event)? {
                    continue;
                }
                let place = Some(if input.stream.is_some() { event.version.0 } else { event.position.0 });
                if self.limit.is_some_and(|limit| limit <= list.pushed()) {
                    // A page does not end between two events with one place.
                    is_over = place == last;
                    if !is_over {
                        next = last;
                        break 'events;
                    }
                }
                if !event_rows::push(&mut list, &event)? {
                    break 'events;
                }
                last = place;
            }
        }
        // No event after the last place was read.
        let next = next.or(last.filter(|_| is_over && input.limit.is_some()));
        list.finish(next.map(|next| next.to_string()))
    }
}
