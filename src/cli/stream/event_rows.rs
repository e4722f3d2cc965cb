//! Rows for a list of events.

use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::ListWriter;
use crate::cli::output::Listing;
use crate::event::EventView;

/// The fields of an event's JSON, in their order.
const FIELDS: [&str; 10] =
    ["position", "event_id", "stream", "version", "type", "schema_version", "recorded_at", "data", "metadata", "hash"];

/// Returns the listing of events.
pub(crate) fn listing() -> Listing {
    Listing::new(["position", "time", "stream", "version", "type", "who", "data"]).fields(FIELDS).empty("no events")
}

/// Returns the listing of events of another program that are followed, with a mark for late ones.
pub(crate) fn followed_listing() -> Listing {
    let columns = ["position", "time", "stream", "version", "type", "who", "late", "data"];
    Listing::new(columns).fields(FIELDS.into_iter().chain(["source"])).empty("no events")
}

/// Adds an event that is followed.
pub(crate) fn push_followed(list: &mut ListWriter<'_>, event: &EventView<'_>, late: bool) -> Result<bool, CliError> {
    list.push(event, || {
        let mark = if late { Cell::new("late") } else { Cell::none() };
        let mut cells = cells(event);
        cells.insert(cells.len() - 1, mark);
        cells
    })
}

/// Adds an event. Returns false if no more are wanted.
pub(crate) fn push(list: &mut ListWriter<'_>, event: &EventView<'_>) -> Result<bool, CliError> {
    list.push(event, || cells(event))
}

fn cells(event: &EventView<'_>) -> Vec<Cell> {
    vec![
        event.position.into(),
        event.recorded_at.into(),
        event.stream.into(),
        event.version.into(),
        event.event_type.into(),
        event.client_id().into(),
        Cell::data_text(event.data),
    ]
}
