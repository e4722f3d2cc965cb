//! The flags that narrow the events of every command that reads events.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::cursor;
use crate::cli::arg_values::place;
use crate::cli::arg_values::token;
use crate::cli::error::CliError;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::EventFilter;
use crate::ops::Selection;
use crate::store::ReadSource;
use crate::store::Store;

/// The bounds on the events to read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SelectionArgs {
    /// Only events after this version or position, the 'next' of a page; 0 reads from the beginning
    #[arg(long, value_name = "N", value_parser = cursor)]
    pub(super) after: Option<u64>,
    /// Only events recorded at or after this time
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Only events recorded at or before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Only events that this client recorded
    #[arg(long, value_name = "ID", value_parser = token)]
    pub(super) by: Option<String>,
}

impl SelectionArgs {
    /// Returns the bounds by cursor and time.
    ///
    /// # Errors
    /// The text is not a time (2).
    pub(super) fn selection(&self, app: &App) -> Result<Selection, CliError> {
        let moment = |text: &Option<String>| text.as_deref().map(|text| app.moment(text)).transpose();
        Ok(Selection { after: self.after, since: moment(&self.since)?, until: moment(&self.until)?, ..Selection::default() })
    }
}

/// The flags that narrow the history of one stream.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct HistoryFilterArgs {
    /// Maximum number of entries
    #[arg(long, value_name = "N", value_parser = place)]
    pub(super) limit: Option<u64>,
    #[command(flatten)]
    selection: SelectionArgs,
}

impl HistoryFilterArgs {
    /// Returns the requested part of a stream's history.
    ///
    /// # Errors
    /// The text is not a time (2), the bounds cross (2), or the cursor is beyond the end of the stream (8).
    pub(super) async fn page(&self, app: &App, store: &Store, category: &str, id: &str) -> Result<HistoryPage, CliError> {
        let source = ReadSource::Stream(StreamName::of(category, id)?);
        let (from, to) = self.selection.selection(app)?.places(store, &source, false).await?;
        let filter = EventFilter::new(None, self.selection.by.as_deref());
        Ok(HistoryPage { from, to, filter, left: self.limit.unwrap_or(u64::MAX), last: None, next: None })
    }
}

/// The part of a history that is shown.
pub(super) struct HistoryPage {
    from: u64,
    to: u64,
    filter: EventFilter,
    left: u64,
    last: Option<Version>,
    next: Option<Version>,
}

/// The decision on one entry of a history.
pub(super) enum HistoryDecision {
    /// The entry is shown.
    Shown,
    /// The entry is left out.
    LeftOut,
    /// The entry and all after it are left out.
    Ended,
}

impl HistoryPage {
    /// Decides on the entry of a version that a client recorded. Versions come in ascending order.
    pub(super) fn decide(&mut self, version: Version, client: Option<&str>) -> HistoryDecision {
        if version.0 > self.to {
            return HistoryDecision::Ended;
        }
        if version.0 < self.from || !self.filter.recorded_by(client) {
            return HistoryDecision::LeftOut;
        }
        if self.left == 0 {
            self.next = self.last;
            return HistoryDecision::Ended;
        }
        self.left -= 1;
        self.last = Some(version);
        HistoryDecision::Shown
    }

    /// Returns the cursor of the next page; none if nothing is left.
    pub(super) fn next(&self) -> Option<String> {
        self.next.map(|version| version.to_string())
    }
}
