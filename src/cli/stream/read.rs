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
    /// Go on after this version (with --all: position): what an earlier list gave as next
    #[arg(long, value_name = "N", value_parser = place, conflicts_with = "from")]
    after: Option<u64>,
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
        // Going on means up, or down when reading backwards.
        let (mut from, mut to) = (self.from, self.to);
        match self.after {
            Some(after) if self.backwards => to = Some(to.unwrap_or(u64::MAX).min(after - 1)),
            Some(after) => from = Some(after + 1),
            None => {}
        }
        let input = ReadEvents {
            stream: self.stream,
            from,
            to,
            // One more than wanted tells whether there is more.
            limit: self.limit.map(|limit| limit + 1),
            backwards: self.backwards,
            categories: self.category,
            types: self.types,
            since: moment(self.since)?,
            until: moment(self.until)?,
        };
        let mut scan = read_events(&app.store()?, &input).await?;
        let listing = event_rows::listing();
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let (mut last, mut next) = (0, None);
        'events: while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                if self.limit == Some(list.pushed()) {
                    next = Some(last.to_string());
                    break 'events;
                }
                if !event_rows::push(&mut list, &event)? {
                    break 'events;
                }
                last = if input.stream.is_some() { event.version.0 } else { event.position.0 };
            }
        }
        list.finish(next)
    }
}
