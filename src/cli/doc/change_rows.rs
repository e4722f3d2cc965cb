//! Rows for the changes of a document.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::patch_text::in_words;
use crate::cli::selection::HistoryDecision;
use crate::cli::selection::HistoryPage;
use crate::runtime::DocumentChanges;

/// The fields of an item, in their order.
const FIELDS: [&str; 8] = ["version", "position", "recorded_at", "type", "client_id", "patch", "document", "event_id"];

/// Prints changes as they are read; `empty` is the note for an empty list.
pub(super) async fn print(app: &App, mut changes: DocumentChanges, mut page: HistoryPage, empty: &str) -> Result<(), CliError> {
    let mut list = app.out.list(Listing::new(["version", "time", "who", "what", "change"]).fields(FIELDS).empty(empty));
    while let Some(chunk) = changes.next().await? {
        for change in chunk {
            match page.decide(change.version, change.client_id.as_deref()) {
                HistoryDecision::Shown => {}
                HistoryDecision::LeftOut => continue,
                HistoryDecision::Ended => return list.finish(page.next()),
            }
            let more = list.push(&change, || {
                vec![
                    change.version.into(),
                    change.recorded_at.into(),
                    change.client_id.clone().into(),
                    change.event_type.as_str().into(),
                    Cell::cut(in_words(&change.patch)),
                ]
            })?;
            if !more {
                return list.finish(None);
            }
        }
    }
    list.finish(None)
}
