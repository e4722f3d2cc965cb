//! The command `esctl stream tail`.

use std::path::PathBuf;

use clap::Args;
use clap::ValueHint;

use crate::cli::app::App;
use crate::cli::arg_values::cursor;
use crate::cli::arg_values::stream;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::name_source::NameSource;
use crate::cli::output::ListWriter;
use crate::cli::stream::event_rows;
use crate::cli::stream::follow;
use crate::event::EventView;
use crate::event::StreamName;
use crate::ops::EventFilter;
use crate::ops::must_exist;
use crate::ops::tail_events;
use crate::ops::tail_events::TailEnd;
use crate::ops::tail_events::TailEvents;
use crate::ops::tail_events::TailStart;
use crate::ops::tail_events::TailUpdate;

/// Show the last events, and follow new events
#[derive(Debug, Args)]
pub struct StreamTailArgs {
    /// Name of the stream [default: all streams]
    #[arg(value_parser = stream, conflicts_with = "all", add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Follow the events of all streams
    #[arg(long)]
    all: bool,
    /// Only events of this category; repeatable
    #[arg(long, value_name = "C", conflicts_with = "stream", add = NameSource::CATEGORIES)]
    category: Vec<String>,
    /// Only events of this type; repeatable
    #[arg(long = "type", value_name = "T", add = NameSource::EVENT_TYPES)]
    types: Vec<String>,
    /// Only events for which this jq program, or the one in @FILE, returns a value other than false and null
    #[arg(long = "where", value_name = "JQ", allow_hyphen_values = true)]
    condition: Option<String>,
    /// Only events that this client recorded
    #[arg(long, value_name = "ID", value_parser = token)]
    by: Option<String>,
    /// Number of existing events to show first [default: 10]
    #[arg(short = 'n', long, value_name = "N", conflicts_with_all = ["after", "since"])]
    lines: Option<u64>,
    /// Start after this position, or version of the stream; 0 starts at the beginning
    #[arg(long, value_name = "N", value_parser = cursor, conflicts_with = "since")]
    after: Option<u64>,
    /// Start with the first event recorded at or after this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// End once this time has passed, and show no later event
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Continue after the place in this file, and keep it there; with --layout only
    #[arg(long, value_name = "FILE", conflicts_with = "no_follow", value_hint = ValueHint::FilePath)]
    resume: Option<PathBuf>,
    /// Follow new events (the default)
    #[arg(short, long, overrides_with = "no_follow")]
    follow: bool,
    /// End after the existing events
    #[arg(long, overrides_with = "follow")]
    no_follow: bool,
}

impl StreamTailArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let follow = !self.no_follow;
        if follow {
            app.out.check_endless("pass -o ndjson, or --no-follow")?;
        }
        let store = app.store()?;
        let follows_layout = follow && !store.abilities().dense;
        if self.resume.is_some() && !follows_layout {
            let message = "--resume is for following a store that another program wrote";
            return Err(CliError::usage(message).hint("pass --after with the last position or version"));
        }
        let named = self.stream.clone();
        let filter = EventFilter::new(jq::condition(&app.out, self.condition.as_deref())?, self.by.as_deref());
        filter.check(&store).await?;
        let start = match (self.after, self.since) {
            (Some(cursor), _) => TailStart::After(cursor),
            (None, Some(text)) => TailStart::Since(app.moment(&text)?),
            (None, None) => self.lines.map_or_else(TailStart::default, TailStart::Last),
        };
        let end = |text: String| app.moment(&text).map(|moment| TailEnd { moment, clock: app.clock() });
        let until = self.until.map(end).transpose()?;
        let (stream, categories, types) = (self.stream, self.category, self.types);
        let input = TailEvents { stream, categories, types, filter: filter.clone(), start, until };
        if follows_layout {
            return follow::run(app, &store, &input, self.resume.as_deref()).await;
        }
        let mut tail = tail_events::Tail::open(&store, &input).await?;
        if !follow && tail.is_empty() {
            // A stream that is not followed must exist.
            store.head().await?;
            if let Some(stream) = named {
                must_exist(&store, stream).await?;
            }
        }
        let mut list = app.out.list(event_rows::listing().unlimited());
        while let Some(chunk) = tail.next_existing().await? {
            for event in chunk.iter() {
                push(&mut list, &filter, &event)?;
            }
        }
        if !follow {
            return list.finish(None);
        }
        loop {
            list.flush()?;
            let news = tokio::select! {
                news = tail.next() => news?,
                () = app.out.reader_gone() => return Err(CliError::closed_pipe()),
            };
            match news {
                TailUpdate::Events(chunk) => {
                    for event in chunk.iter() {
                        push(&mut list, &filter, &event)?;
                    }
                }
                TailUpdate::Unavailable(error) => app.warn_unavailable(&error),
                TailUpdate::Available => app.note_available(),
                TailUpdate::Ended => return list.finish(None),
            }
        }
    }
}

fn push(list: &mut ListWriter<'_>, filter: &EventFilter, event: &EventView<'_>) -> Result<(), CliError> {
    if filter.wants(event)? {
        event_rows::push(list, event)?;
    }
    Ok(())
}
