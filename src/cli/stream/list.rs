//! The command `esctl stream list`.

use std::sync::Mutex;
use std::sync::PoisonError;

use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Listing;
use crate::cli::pages::all_pages;
use crate::ops::error::OpsError;
use crate::ops::list_streams::list_streams;
use crate::store::PageToken;
use crate::store::StreamInfo;
use crate::store::StreamQuery;

/// List streams
#[derive(Debug, Args)]
pub struct StreamListArgs {
    /// Only streams of this category
    #[arg(long, value_name = "C", add = NameSource::CATEGORIES)]
    category: Option<String>,
    /// Only streams whose name starts with this
    #[arg(long, value_name = "P")]
    prefix: Option<String>,
    /// Maximum number of streams
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Only streams after this name
    #[arg(long, value_name = "S")]
    after: Option<String>,
}

impl StreamListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        store.head().await?;
        let listing = Listing::new(["stream", "category", "version", "last position", "last event"]);
        let listing = listing.fields(["stream", "category", "version", "last_position", "last_recorded_at"]).empty("no streams");
        let mut list = app.out.list(if self.limit.is_some() { listing.unlimited() } else { listing });
        let filter = StreamQuery { category: self.category, prefix: self.prefix, ..StreamQuery::default() };
        // A name alone does not say where a page ended if several streams have it.
        let place: Mutex<Option<PageToken>> = Mutex::default();
        let (store, filter, place) = (&store, &filter, &place);
        let page = |after, limit| async move {
            let token = place.lock().unwrap_or_else(PoisonError::into_inner).take();
            let page = list_streams(store, StreamQuery { after, token, limit, ..filter.clone() }).await?;
            let last = page.items.last().and_then(|info| info.foreign.as_ref());
            *place.lock().unwrap_or_else(PoisonError::into_inner) = last.map(|foreign| foreign.place.clone());
            Ok::<_, OpsError>(page)
        };
        let end = all_pages(self.after, self.limit, page, |streams: Vec<StreamInfo>| {
            for info in streams {
                let more = list.push(&info, || {
                    vec![
                        info.stream.as_str().into(),
                        info.category.as_str().into(),
                        info.version.into(),
                        info.last_position.into(),
                        info.last_recorded_at.into(),
                    ]
                })?;
                if !more {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        let end = end.await?;
        let has_broken = end.has_broken();
        end.finish(app, list, "the store").map_err(|error| match has_broken {
            // Only the streams of another program are read so.
            true => error.hint("run 'esctl layout check' to see the rows that are no events"),
            false => error,
        })
    }
}
