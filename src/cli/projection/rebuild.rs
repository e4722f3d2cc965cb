//! `esctl projection rebuild`

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::projection::known;
use crate::cli::projection::print;
use crate::cli::values::limit;
use crate::ops::projections::rebuild::rebuild_projection;
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
        let mut reports = Vec::new();
        for name in &names {
            let bar = app.out.progress(Some(total), "events");
            let rebuilt =
                rebuild_projection(&store, &queries, name, batch, app.clock(), &mut |passed| bar.advance(passed)).await?;
            reports.push(rebuilt);
        }
        print(app, &reports)
    }
}
