//! `esctl projection run`

use std::time::Duration;

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::projection::known;
use crate::cli::projection::print;
use crate::ops::error::OpsError;
use crate::ops::projections::run::run_projection;
use crate::runtime::RuntimeError;
use crate::store::StoreError;

/// How often a follower looks for new events.
const POLL: Duration = Duration::from_millis(100);

/// Bring read models up to date
#[derive(Debug, Args)]
pub struct Run {
    /// Which projections; all when none is given
    names: Vec<String>,
    /// Go on with each new event as it comes
    #[arg(short, long)]
    follow: bool,
}

impl Run {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let store = app.store()?;
        let queries = app.all_queries(&store).await?;
        for name in &self.names {
            known(&queries, name)?;
        }
        let names = match self.names.as_slice() {
            [] => queries.projections().iter().map(|projection| projection.name().to_owned()).collect(),
            names => names.to_vec(),
        };
        let total = store.head().await?.position.0;
        let mut reports = Vec::new();
        for name in &names {
            let bar = app.out.progress(Some(total), "events");
            reports.push(run_projection(&store, &queries, name, app.clock(), &mut |passed| bar.advance(passed)).await?);
        }
        print(app, &reports)?;
        if !self.follow {
            return Ok(());
        }
        loop {
            tokio::time::sleep(POLL).await;
            for name in &names {
                match run_projection(&store, &queries, name, app.clock(), &mut |_| {}).await {
                    // It goes on from its checkpoint when the store can be reached again.
                    Err(OpsError::Runtime(RuntimeError::Store(StoreError::Unavailable { message, .. }))) => {
                        tracing::info!(projection = name, %message, "tried again");
                    }
                    result => drop(result?),
                }
            }
        }
    }
}
