//! `esctl projection rebuild`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::projection::known;
use crate::cli::projection::listing;
use crate::cli::projection::push;
use crate::cli::projection::row;
use crate::cli::values::limit;
use crate::ops::projections::rebuild::RowDifference;
use crate::ops::projections::rebuild::VerifiedRebuild;
use crate::ops::projections::rebuild::rebuild_projection;
use crate::ops::projections::rebuild::rebuild_verified;
use crate::runtime::BatchSize;

/// Build a read model anew beside the old one, which answers until the new one replaces it
#[derive(Debug, Args)]
pub struct Rebuild {
    /// Which projection
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    name: Option<String>,
    /// All projections, one after the other
    #[arg(long)]
    all: bool,
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
        }
        let all = || queries.projections().iter().map(|projection| projection.name().to_owned()).collect();
        let names = self.name.map_or_else(all, |name| vec![name]);
        let batch = self.batch.map_or_else(BatchSize::default, BatchSize);
        let total = store.head().await?.position.0;
        let mut list = app.out.list(listing());
        let mut differs = None;
        for name in &names {
            let bar = app.out.progress(Some(total), "events");
            let mut advance = |passed| bar.advance(passed);
            if self.verify {
                let report = rebuild_verified(&store, &queries, name, batch, app.clock(), &mut advance).await?;
                drop(bar);
                if !report.ok {
                    differs = Some(difference(&report));
                }
                list.push(&report, || row(&report.run))?;
            } else {
                let report = rebuild_projection(&store, &queries, name, batch, app.clock(), &mut advance).await?;
                drop(bar);
                push(app, &mut list, &report)?;
            }
        }
        list.finish(None)?;
        differs.map_or(Ok(()), Err)
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
