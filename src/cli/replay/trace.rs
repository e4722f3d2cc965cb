//! Each event of a stream, and what it changed.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::cli::patch::in_words;
use crate::ops::replay::Replay;
use crate::ops::replay::Trace;
use crate::store::Store;

/// The fields of an item, in their order.
const FIELDS: [&str; 8] = ["position", "version", "type", "recorded_at", "event_id", "client_id", "patch", "state"];

/// Prints events as they are folded in.
pub(super) async fn run(app: &App, store: &Store, input: &Replay) -> Result<(), CliError> {
    let mut trace = Trace::open(store, input).await?;
    let listing = Listing::new(["version", "time", "who", "what", "change"]);
    let mut list = app.out.list(listing.fields(FIELDS));
    while let Some(entry) = trace.next().await? {
        let more = list.push(&entry, || {
            vec![
                entry.version.into(),
                entry.recorded_at.into(),
                entry.client_id.clone().into(),
                entry.event_type.as_str().into(),
                in_words(&entry.patch).into(),
            ]
        })?;
        if !more {
            break;
        }
    }
    list.finish(None)
}
