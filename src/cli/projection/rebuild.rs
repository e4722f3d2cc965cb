//! `esctl projection rebuild`

use clap::ArgGroup;
use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Listing;
use crate::cli::output::Tone;
use crate::cli::projection::cannot_be_taken_in;
use crate::cli::projection::known;
use crate::cli::projection::listing;
use crate::cli::projection::push;
use crate::cli::projection::row;
use crate::cli::values::limit;
use crate::ops::error::OpsError;
use crate::ops::projections::rebuild::RowDifference;
use crate::ops::projections::rebuild::VerifiedRebuild;
use crate::ops::projections::rebuild::projections_of;
use crate::ops::projections::rebuild::rebuild_projection;
use crate::ops::projections::rebuild::rebuild_verified;
use crate::runtime::BatchSize;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;

/// Build a read model anew beside the old one, which answers until the new one replaces it
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["name", "all", "category"]))]
pub struct Rebuild {
    /// Which projection
    name: Option<String>,
    /// All projections, one after the other
    #[arg(long)]
    all: bool,
    /// All projections that apply events of this category
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Events in one transaction
    #[arg(long, value_name = "N", value_parser = limit)]
    batch: Option<usize>,
    /// Compare the new read model with the old one first, and keep the old one if they differ (exit 1)
    #[arg(long)]
    verify: bool,
}

impl Rebuild {
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
        let batch = self.batch.map_or_else(BatchSize::default, BatchSize);
        let total = store.head().await?.position.0;
        let mut list = app.out.list(if self.verify { verified_listing() } else { listing() });
        // One that stands does not keep the others from being rebuilt.
        let mut failed: Option<CliError> = None;
        for name in &names {
            let bar = app.out.progress(Some(total), "events");
            let mut advance = |passed| bar.advance(passed);
            let outcome = if self.verify {
                let report = rebuild_verified(&store, &queries, name, batch, app.clock(), &mut advance).await;
                drop(bar);
                match report {
                    Ok(report) => {
                        list.push(&report, || verified_row(&report))?;
                        if report.ok { Ok(()) } else { Err(difference(&report)) }
                    }
                    Err(error) => Err(stopped(error, name)?),
                }
            } else {
                let report = rebuild_projection(&store, &queries, name, batch, app.clock(), &mut advance).await;
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
            // With nothing to show but the error, only the error is shown.
            Some(error) if list.pushed() == 0 => Err(error),
            Some(error) => list.finish(None).and(Err(error)),
            None => list.finish(None),
        }
    }
}

/// Warns about read models that are left as they are, because only an application can rebuild them.
fn warn_of_applications(app: &App, queries: &QueryBus) {
    let names: Vec<_> = queries.of_applications().iter().map(|projection| projection.name()).collect();
    if !names.is_empty() {
        app.out.warn(&format!("not rebuilt, since an application maintains them: {}", names.join(", ")));
    }
}

/// How rebuilds are listed that were compared first.
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

/// What to say of a rebuild that stands before an event; any other error ends them all.
fn stopped(error: OpsError, name: &str) -> Result<CliError, CliError> {
    match error {
        OpsError::Runtime(error @ RuntimeError::Fold { .. }) => Ok(cannot_be_taken_in(error, name)),
        error => Err(error.into()),
    }
}

fn difference(report: &VerifiedRebuild) -> CliError {
    let (name, different, rows) = (&report.run.name, report.compared.different, report.compared.rows);
    let mut error = CliError::no(format!("{different} of {rows} rows of {name} differ; the old read model was kept"));
    let shown = report.compared.differences.iter().take(3);
    error.causes.extend(shown.map(|row| format!("row {}: {}", row.key, what(row))));
    let hint = format!("-o json lists them; 'esctl projection rebuild {name}' puts the new one in place all the same");
    error.code("read_model_differs").hint(hint).with("projection", name.as_str()).with("different", different)
}

fn what(row: &RowDifference) -> String {
    let changed: Vec<String> = row.changes.iter().take(5).map(|change| change.path.clone()).collect();
    changed.join(", ")
}
