//! The commands `esctl projection pause` and `resume`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::projection::known::known;
use crate::ops::projections::control::ControlReport;
use crate::ops::projections::control::pause_projection;
use crate::ops::projections::control::resume_projection;

/// Pause a projection; its read model stays as it is until the projection is resumed
#[derive(Debug, Args)]
pub struct ProjectionPauseArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: String,
}

/// Resume a paused projection
#[derive(Debug, Args)]
pub struct ProjectionResumeArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: String,
}

impl ProjectionPauseArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        show(app, &pause_projection(&store, &queries, &self.name, &app.client(), app.now()).await?)
    }
}

impl ProjectionResumeArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        known(&queries, &self.name)?;
        show(app, &resume_projection(&store, &queries, &self.name).await?)
    }
}

fn show(app: &App, report: &ControlReport) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        sheet.field("projection", report.name.as_str());
        match &report.paused {
            Some(paused) => sheet.field("paused", format!("since {} by {}", paused.since, paused.by)),
            None => sheet.field("paused", if report.changed { "no longer" } else { "no; it was not" }),
        };
    })
}
