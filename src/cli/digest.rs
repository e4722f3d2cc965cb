//! The command `esctl digest`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::stream;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::event::StreamName;
use crate::ops::digest::DigestEvents;
use crate::ops::digest::digest_events;

/// Compute the number and the digest of events, which are those of every copy
///
/// The digest is the sum of a SHA-256 of each event: stream, version, type, original id and time, data and metadata. It depends on
/// neither the order of events nor the database. Of copied events, the originals count.
#[derive(Debug, Args)]
pub struct DigestArgs {
    /// Name of the stream [default: all streams]
    #[arg(value_parser = stream, add = NameSource::STREAMS)]
    stream: Option<StreamName>,
    /// Only events of this category; repeatable
    #[arg(long, value_name = "C", conflicts_with = "stream", add = NameSource::CATEGORIES)]
    category: Vec<String>,
}

impl DigestArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let head = store.head().await?.position;
        let bar = app.out.progress(store.abilities().dense.then_some(head.0), "events");
        let input = DigestEvents { stream: self.stream, categories: self.category };
        let report = digest_events(&store, &input, &mut |events| bar.advance(events)).await?;
        bar.finish();
        app.out.one(&report, |sheet| {
            sheet.field("store", report.store.as_str());
            if let Some(stream) = &report.stream {
                sheet.field("stream", stream.as_str());
            }
            if !report.categories.is_empty() {
                sheet.field("category", report.categories.join(", "));
            }
            sheet.field("events", report.digest.events.to_string());
            sheet.field("digest", report.digest.sum);
        })
    }
}
