//! The command `esctl projection rebuild`.

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::arg_values::size;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::failed_to_apply::failed_to_apply;
use crate::cli::projection::known::known;
use crate::cli::projection::run_rows::listing;
use crate::cli::projection::run_rows::push;
use crate::cli::projection::run_rows::row;
use crate::ops::error::OpsError;
use crate::ops::projections::rebuild::RowDifference;
use crate::ops::projections::rebuild::VerifiedRebuild;
use crate::ops::projections::rebuild::projections_of;
use crate::ops::projections::rebuild::rebuild_projection;
use crate::ops::projections::rebuild::rebuild_verified;
use crate::runtime::BatchSize;
use crate::runtime::QueryBus;
use crate::runtime::RunOptions;
use crate::runtime::RuntimeError;

/// Rebuild a read model and swap it in; the old one answers meanwhile
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["name", "all", "category"]))]
pub struct ProjectionRebuildArgs {
    /// Name of the projection
    #[arg(add = NameSource::PROJECTIONS)]
    name: Option<String>,
    /// Rebuild all projections, one after the other
    #[arg(long)]
    all: bool,
    /// Rebuild all projections that apply events of this category
    #[arg(long, value_name = "CATEGORY", add = NameSource::CATEGORIES)]
    category: Option<String>,
    /// Number of events in one transaction [default: one transaction a minute]
    #[arg(long, value_name = "N", value_parser = limit)]
    batch: Option<usize>,
    /// Memory for rows; rows that do not fit go to a temporary file
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256MiB", conflicts_with = "batch")]
    memory: usize,
    /// Compare the new read model with the old one, and keep the old one if they differ (exit 1)
    #[arg(long)]
    verify: bool,
}

impl ProjectionRebuildArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        if let Some(name) = &self.name {
            known(&queries, name)?;
            queries.projection(name)?;
        }
        let names = match (&self.name, &self.category) {
            (Some(name), _) => vec![name.clone()],
            (None, Some(category)) => projections_of(&queries, category)?,
            (None, None) => queries.projections().iter().map(|projection| projection.name().to_owned()).collect(),
        };
        if self.name.is_none() {
            warn_of_applications(app, &queries);
        }
        let options = RunOptions { batch: self.batch.map(BatchSize), memory: self.memory, ..RunOptions::default() };
        let total = store.head().await?.position.0;
        let mut list = app.out.list(if self.verify { verified_listing() } else { listing() });
        // A rebuild that is stopped does not keep the others from running.
        let mut failed: Option<CliError> = None;
        for name in &names {
            let bar = app.out.progress(Some(total), "events");
            let mut advance = |passed| bar.advance(passed);
            let outcome = if self.verify {
                let report = rebuild_verified(&store, &queries, name, options, app.clock(), &mut advance).await;
                drop(bar);
                match report {
                    Ok(report) => {
                        list.push(&report, || verified_row(&report))?;
                        if report.ok { Ok(()) } else { Err(difference(&report)) }
                    }
                    Err(error) => Err(stopped(error, name)?),
                }
            } else {
                let report = rebuild_projection(&store, &queries, name, options, app.clock(), &mut advance).await;
                drop(bar);
                match report {
                    Ok(report) => push(app, &mut list, &report),
                    Err(error) => Err(stopped(error, name)?),
                }
            };
            if let Err(error) = outcome
                && let Some(earlier) = failed.replace(error)
            {
                app.out.error(&earlier);
            }
        }
        match failed {
            // If there are no rows, only the error is printed.
            Some(error) if list.pushed() == 0 => Err(error),
            Some(error) => list.finish(None).and(Err(error)),
            None => list.finish(None),
        }
    }
}

/// Warns about read models that are not rebuilt, because only an application can rebuild them.
fn warn_of_applications(app: &App, queries: &QueryBus) {
    let names: Vec<_> = queries.of_applications().iter().map(|projection| projection.name()).collect();
    if !names.is_empty() {
        app.out.warn(&format!("not rebuilt, since an application maintains them: {}", names.join(", ")));
    }
}

/// Returns the listing of rebuilds with a comparison.
fn verified_listing() -> Listing {
    let columns = ["name", "from", "position", "events applied", "rows compared", "different", "rebuilt"];
    let fields = ["name", "from", "position", "events_applied", "held_back", "paused", "rebuilt", "ok", "compared"];
    Listing::new(columns).fields(fields)
}

fn verified_row(report: &VerifiedRebuild) -> Vec<Cell> {
    let mut cells = row(&report.run);
    let different = Cell::from(report.compared.different);
    let different = if report.ok { different } else { different.tone(Tone::Bad) };
    cells.splice(4..4, [report.compared.rows.into(), different]);
    cells
}

/// Returns the error for a rebuild that is stopped at an event. Any other error ends all rebuilds.
fn stopped(error: OpsError, name: &str) -> Result<CliError, CliError> {
    match error {
        OpsError::Runtime(error @ RuntimeError::Fold { .. }) => Ok(failed_to_apply(error, name)),
        error => Err(error.into()),
    }
}

fn difference(report: &VerifiedRebuild) -> CliError {
    let (name, different, rows) = (&report.run.name, report.compared.different, report.compared.rows);
    let mut error = CliError::check_failed(format!("{different} of {rows} rows of {name} differ; the old read model was kept"));
    let shown = report.compared.differences.iter().take(3);
    error.failure.causes.extend(shown.map(|row| format!("row {}: {}", row.key, what(row))));
    let hint = format!("pass -o json to list them, or run 'esctl projection rebuild {name}' to swap in the new one anyway");
    error.code("read_model_differs").hint(hint).with("projection", name.as_str()).with("different", different)
}

fn what(row: &RowDifference) -> String {
    let changed: Vec<String> = row.changes.iter().take(5).map(|change| change.path.clone()).collect();
    changed.join(", ")
}
