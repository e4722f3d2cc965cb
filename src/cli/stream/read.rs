//! `esctl stream read`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::stream::event_rows;
use crate::cli::values::place;
use crate::cli::values::stream;
use crate::event::StreamName;
use crate::ops::read_events::ReadEvents;
use crate::ops::read_events::read_events;

/// Read events of a stream, or of all
#[derive(Debug, Args)]
pub struct Read {
    /// Which stream
    #[arg(value_parser = stream, required_unless_present = "all", conflicts_with = "all")]
    stream: Option<StreamName>,
    /// The events of all streams, in the order of their positions
    #[arg(long)]
    all: bool,
    /// From this version on (with --all: from this position on)
    #[arg(long, value_name = "N", value_parser = place)]
    from: Option<u64>,
    /// Up to this version (with --all: up to this position)
    #[arg(long, value_name = "N", value_parser = place)]
    to: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = place)]
    limit: Option<u64>,
    /// From the last to the first
    #[arg(long)]
    backwards: bool,
    /// Only events of this category; can be given several times
    #[arg(long, value_name = "C", requires = "all")]
    category: Vec<String>,
    /// Only events of this type; can be given several times
    #[arg(long = "type", value_name = "T")]
    types: Vec<String>,
    /// Only events recorded at or after this time
    #[arg(long, value_name = "TIME", requires = "all")]
    since: Option<String>,
    /// Only events recorded at or before this time
    #[arg(long, value_name = "TIME", requires = "all")]
    until: Option<String>,
}

impl Read {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let moment = |text: Option<String>| text.map(|text| app.moment(&text)).transpose();
        let input = ReadEvents {
            stream: self.stream,
            from: self.from,
            to: self.to,
            limit: self.limit,
            backwards: self.backwards,
            categories: self.category,
            types: self.types,
            since: moment(self.since)?,
            until: moment(self.until)?,
        };
        let mut scan = read_events(&app.store()?, &input).await?;
        let listing = event_rows::listing();
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let mut last = None;
        'events: while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                if !event_rows::push(&mut list, &event)? {
                    break 'events;
                }
            }
            last = chunk.last().map(|event| if input.stream.is_some() { event.version.0 } else { event.position.0 });
        }
        // Where to go on, if the limit was what ended it.
        let full = self.limit.is_some_and(|limit| list.pushed() == limit);
        let next = last
            .filter(|_| full)
            .and_then(|last| if input.backwards { last.checked_sub(1).filter(|n| *n > 0) } else { Some(last + 1) });
        list.finish(next.map(|next| next.to_string()))
    }
}
