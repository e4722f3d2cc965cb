//! The command `esctl quarantine list`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::ops::quarantine::list_quarantine;

/// List the quarantined events
#[derive(Debug, Args)]
pub struct QuarantineListArgs {}

impl QuarantineListArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let listing = Listing::new(["event", "stream", "version", "position", "type", "since", "by", "reason"]);
        let fields = ["event_id", "stream", "version", "position", "type", "reason", "since", "by"];
        let mut list = app.out.list(listing.fields(fields).empty("no quarantined events"));
        for quarantined in list_quarantine(&app.store()?).await? {
            let event = &quarantined.event;
            let more = list.push(&quarantined, || {
                vec![
                    event.event_id.into(),
                    event.stream.as_str().into(),
                    event.version.into(),
                    event.position.into(),
                    event.event_type.as_str().into(),
                    quarantined.since.into(),
                    quarantined.by.as_deref().unwrap_or("-").into(),
                    event.reason.as_deref().map_or_else(Cell::none, Cell::prose),
                ]
            })?;
            if !more {
                break;
            }
        }
        list.finish(None)
    }
}
