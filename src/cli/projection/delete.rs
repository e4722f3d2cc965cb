//! The command `esctl projection delete`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::projection::known::known;
use crate::ops::projections::delete::DeleteReport;
use crate::ops::projections::delete::delete_projection;
use crate::runtime::is_built_in;

/// Delete a created projection with its read model; events stay
#[derive(Debug, Args)]
pub struct ProjectionDeleteArgs {
    /// Name of the projection
    #[arg(add = NameSource::STORED_PROJECTIONS)]
    name: String,
    /// Succeed if there is no such projection
    #[arg(long)]
    if_exists: bool,
}

impl ProjectionDeleteArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        app.record.repeat.add_flag("--if-exists");
        if !is_built_in(&self.name) {
            // An unreadable projection can be deleted too.
            if !queries.unreadable().iter().any(|unreadable| unreadable.name == self.name) {
                let known = known(&queries, &self.name);
                if known.is_err() && self.if_exists {
                    return print(app, &DeleteReport { name: self.name, rows: 0 });
                }
                known?;
            }
            let whose = if queries.is_of_application(&self.name) { ", which an application maintains" } else { "" };
            let question = format!("Delete projection {} and its read model{whose}?", self.name);
            if !app.out.confirm(&question, app.globals.yes)? {
                app.out.note("nothing was deleted");
                return Ok(());
            }
        }
        let report = delete_projection(&store, &self.name).await?;
        print(app, &report)
    }
}

fn print(app: &App, report: &DeleteReport) -> Result<(), CliError> {
    app.out.one(report, |sheet| {
        sheet.field("deleted", &report.name);
        sheet.field("rows", report.rows.to_string());
    })
}
