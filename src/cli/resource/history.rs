//! The command `esctl resource history`.

use clap::Args;

use crate::aggregate::Aggregate;
use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::selection::HistoryDecision;
use crate::cli::selection::HistoryFilterArgs;
use crate::domain::resource::Resource;
use crate::ops::resource_history::ResourceHistory;

/// Show each event of a resource: time, client, type, the amount before and after
#[derive(Debug, Args)]
pub struct ResourceHistoryArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    #[command(flatten)]
    asked: HistoryFilterArgs,
}

impl ResourceHistoryArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        app.warn_quarantined(&store, &format!("resource-{}", self.id)).await?;
        let mut history = ResourceHistory::open(&store, &self.id).await?;
        let mut page = self.asked.page(app, &store, Resource::CATEGORY, &self.id).await?;
        let mut list = app.out.list(Listing::new(["version", "time", "who", "what", "before", "after", "reason"]));
        while let Some(entries) = history.next().await? {
            for entry in entries {
                match page.decide(entry.version, entry.client_id.as_deref()) {
                    HistoryDecision::Shown => {}
                    HistoryDecision::LeftOut => continue,
                    HistoryDecision::Ended => return list.finish(page.next()),
                }
                let more = list.push(&entry, || {
                    vec![
                        entry.version.into(),
                        entry.recorded_at.into(),
                        entry.client_id.clone().into(),
                        entry.event_type.as_str().into(),
                        entry.amount_before.into(),
                        entry.amount_after.into(),
                        entry.reason.as_deref().map_or_else(Cell::none, Cell::prose),
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
