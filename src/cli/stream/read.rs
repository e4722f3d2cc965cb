//! `esctl stream read`

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::stream::event_rows;
use crate::cli::values::place;
use crate::cli::values::stream;
use crate::event::StreamName;
use crate::ops::read_events::ReadEvents;
use crate::ops::read_events::read_events;

/// Read events of a stream, or of all
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["stream", "all"]))]
pub struct Read {
    /// Which stream
    #[arg(value_parser = stream)]
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
    /// Only those after this version or position (backwards: before it), as 'next' of a page says
    #[arg(long, value_name = "N", value_parser = place)]
    after: Option<u64>,
    /// From the last to the first
    #[arg(long)]
    backwards: bool,
    /// Only events of this category; can be given several times
    #[arg(long, value_name = "C", conflicts_with = "stream")]
    category: Vec<String>,
    /// Only events of this type; can be given several times
    #[arg(long = "type", value_name = "T")]
    types: Vec<String>,
    /// Only events recorded at or after this time
    #[arg(long, value_name = "TIME", conflicts_with = "stream")]
    since: Option<String>,
    /// Only events recorded at or before this time
    #[arg(long, value_name = "TIME", conflicts_with = "stream")]
    until: Option<String>,
    /// Only events for which this jq program, or that in @FILE, says yes: any value but false and null
    #[arg(long = "where", value_name = "JQ", allow_hyphen_values = true)]
    condition: Option<String>,
}

impl Read {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let moment = |text: Option<String>| text.map(|text| app.moment(&text)).transpose();
        let condition = jq::condition(app, self.condition.as_deref())?;
        let (from, to) = bounds(self.from, self.to, self.after, self.backwards);
        let input = ReadEvents {
            stream: self.stream,
            from,
            to,
            // One more, to know whether there is more. How many events must be read for that, no condition tells before.
            limit: self.limit.filter(|_| condition.is_none()).map(|limit| limit + 1),
            backwards: self.backwards,
            categories: self.category,
            types: self.types,
            since: moment(self.since)?,
            until: moment(self.until)?,
        };
        let mut scan = read_events(&app.store()?, &input).await?;
        let listing = event_rows::listing();
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let (mut last, mut next) = (None, None);
        'events: while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                if let Some(condition) = &condition
                    && !condition.of_event(&event)?
                {
                    continue;
                }
                if self.limit == Some(list.pushed()) {
                    next = last;
                    break 'events;
                }
                if !event_rows::push(&mut list, &event)? {
                    break 'events;
                }
                last = Some(if input.stream.is_some() { event.version.0 } else { event.position.0 });
            }
        }
        list.finish(next.map(|next| next.to_string()))
    }
}

/// Where to begin and to end, with what `--after` leaves of it. (Places are below 2^63, so nothing overflows.)
fn bounds(from: Option<u64>, to: Option<u64>, after: Option<u64>, backwards: bool) -> (Option<u64>, Option<u64>) {
    match after {
        None => (from, to),
        // Before the first: a range with nothing in it, since the one that crosses is refused.
        Some(1) if backwards => (Some(u64::MAX), None),
        Some(after) if backwards => (from, Some(to.map_or(after - 1, |to| to.min(after - 1)))),
        Some(after) => (Some(from.map_or(after + 1, |from| from.max(after + 1))), to),
    }
}
