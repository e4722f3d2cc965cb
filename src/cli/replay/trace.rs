//! Each event of a stream, and what it changed.

use json_patch::PatchOperation;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::ops::replay::Replay;
use crate::ops::replay::Trace;
use crate::ops::replay::TraceEntry;
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
                change(&entry).into(),
            ]
        })?;
        if !more {
            break;
        }
    }
    list.finish(None)
}

/// A patch as people read it: `amount=900 -lock_reason`.
fn change(entry: &TraceEntry) -> String {
    let words = entry.patch.iter().map(|operation| {
        let path = operation.path().to_string();
        let name = if path.is_empty() { "(the whole)" } else { path.trim_start_matches('/') };
        match operation {
            PatchOperation::Add(add) => format!("{name}={}", add.value),
            PatchOperation::Replace(replace) => format!("{name}={}", replace.value),
            PatchOperation::Remove(_) => format!("-{name}"),
            other => other.to_string(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
