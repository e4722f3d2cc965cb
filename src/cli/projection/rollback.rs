//! The command `esctl projection rollback`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::projection::known::known;
use crate::ops::projections::rollback::rollback_projection;

/// Restore the read model before the last rebuild, which is kept until the next one
#[derive(Debug, Args)]
pub struct ProjectionRollbackArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: String,
}

impl ProjectionRollbackArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        store.head().await?;
        // Repeating the command would undo it.
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
