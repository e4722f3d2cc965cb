//! `esctl projection rollback`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::projection::known;
use crate::ops::projections::rollback::rollback_projection;

/// Go back to the read model before the last rebuild, which is kept until the next one
#[derive(Debug, Args)]
pub struct Rollback {
    /// Which projection
    name: String,
}

impl Rollback {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        store.head().await?;
        // The same command again would go forward again.
        app.record.repeat.replace(&["projection", "status", &self.name]);
        let report = rollback_projection(&store, &queries, &self.name, &app.client(), app.now()).await?;
        if report.paused {
            let name = &report.name;
            app.out.warn(&format!(
                "projection {name} is paused: version {} of its logic made this read model, and running it would rebuild it",
                report.logic_version
            ));
        }
        app.out.one(&report, |sheet| {
            sheet.field("projection", report.name.as_str());
            sheet.field("position", report.position);
            sheet.field("logic", format!("version {}", report.logic_version));
        })
    }
}
