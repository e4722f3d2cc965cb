//! The stores of scenarios: one for each, in memory or beside the named store.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::scratch_area::ScratchArea;
use crate::store::Store;
use crate::store::StoreUrl;

/// Creates the stores of scenarios.
pub(super) struct ScenarioStores {
    beside: Option<StoreUrl>,
    keep: bool,
}

/// The store of one scenario.
pub(super) struct ScenarioStore {
    pub(super) store: Store,
    area: Option<ScratchArea>,
}

impl ScenarioStores {
    /// Returns the stores: in memory, or beside a store that was named for this command.
    ///
    /// # Errors
    /// The URL names no store, or there is nothing to keep (2).
    pub(super) fn new(app: &App, keep: bool) -> Result<Self, CliError> {
        let beside = app.typed_store()?.filter(|url| *url != StoreUrl::SqliteMemory);
        if keep && beside.is_none() {
            let error = CliError::usage("a store in memory cannot be kept").code("nothing_to_keep");
            return Err(error.hint("pass a database with --store; each scenario gets a scratch area beside it"));
        }
        Ok(Self { beside, keep })
    }

    /// Creates a store for a scenario.
    ///
    /// # Errors
    /// The scratch area cannot be created (6).
    pub(super) fn make(&self, app: &App) -> Result<ScenarioStore, CliError> {
        let area = self.beside.as_ref().map(ScratchArea::beside).transpose()?;
        let store = app.open(area.as_ref().map_or(&StoreUrl::SqliteMemory, ScratchArea::url))?;
        Ok(ScenarioStore { store, area })
    }

    /// Removes the store of a scenario, or prints its URL. A failed removal does not change the result of the scenario.
    pub(super) async fn end(&self, app: &App, stage: ScenarioStore, name: &str) {
        let ScenarioStore { store, area } = stage;
        drop(store);
        match area {
            None => {}
            Some(area) if self.keep => app.out.note(&format!("kept: {} ({name})", area.keep())),
            Some(area) => area.remove(app).await,
        }
    }
}
