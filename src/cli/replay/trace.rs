//! The trace of a replay: each event of a stream, with its changes to the state.

use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::replay::show::note_assumed;
use crate::ops::Change;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayStep;
use crate::ops::replay::ReplaySteps;
use crate::store::Store;

/// The fields of an item, in their order.
const FIELDS: [&str; 9] = ["position", "version", "type", "recorded_at", "event_id", "client_id", "reducer", "patch", "state"];

/// Prints events as they are folded.
pub(super) async fn run(app: &App, store: &Store, input: &Replay) -> Result<(), CliError> {
    let unicode = app.out.settings().unicode;
    app.warn_quarantined(store, input.stream.as_str()).await?;
    let mut trace = ReplaySteps::open(store, input).await?;
    note_assumed(app, &input.reducer, input.stream.category());
    let listing = Listing::new(["version", "time", "who", "what", "change", "state"]);
    let mut list = app.out.list(listing.fields(FIELDS));
    while let Some(entry) = trace.next().await? {
        let more = list.push(&entry, || {
            vec![
                entry.version.into(),
                entry.recorded_at.into(),
                entry.client_id.clone().into(),
                entry.event_type.as_str().into(),
                changed(&entry, unicode),
                Cell::new(&entry.state),
            ]
        })?;
        if !more {
            break;
        }
    }
    list.finish(None)
}

fn changed(entry: &ReplayStep, unicode: bool) -> Cell {
    // The column of the state shows it in full.
    if entry.changes.iter().any(|change| change.path.is_empty() && change.before == Some(Value::Null)) {
        return Cell::new("the first state").tone(Tone::Dim);
    }
    let words: Vec<_> = entry.changes.iter().map(|change| change_words(change, unicode)).collect();
    Cell::new(words.join(", ")).tone(Tone::Warn)
}

/// Returns a change for people: `amount: 1000 → 900`.
pub(in crate::cli) fn change_words(change: &Change, unicode: bool) -> String {
    let name = match change.path.strip_prefix('/') {
        Some(path) => path.replace('/', ".").replace("~1", "/").replace("~0", "~"),
        None => "(the whole)".to_owned(),
    };
    let arrow = if unicode { "→" } else { "->" };
    match (&change.before, &change.after) {
        (None | Some(Value::Null), Some(after)) => format!("+{name}: {after}"),
        (Some(before), None) => format!("-{name}: {before}"),
        (before, after) => {
            let word = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
            format!("{name}: {} {arrow} {}", word(before), word(after))
        }
    }
}
