//! `esctl resource history`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::ops::resource_history::ResourceHistory;

/// Show what happened to a resource: when, who, what, the amount before and after
#[derive(Debug, Args)]
pub struct History {
    /// Which resource
    id: String,
}

impl History {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let mut history = ResourceHistory::open(&app.store()?, &self.id).await?;
        let mut list = app.out.list(Listing::new(["version", "time", "who", "what", "before", "after", "reason"]));
        while let Some(entries) = history.next().await? {
            for entry in entries {
                let more = list.push(&entry, || {
                    vec![
                        entry.version.into(),
                        entry.recorded_at.into(),
                        entry.client_id.clone().into(),
                        entry.event_type.as_str().into(),
                        entry.amount_before.into(),
                        entry.amount_after.into(),
                        entry.reason.clone().into(),
                    ]
                })?;
                if !more {
                    return list.finish(None);
                }
            }
        }
        list.finish(None)
    }
}
