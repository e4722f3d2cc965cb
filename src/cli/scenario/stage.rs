//! Where scenarios are run: a store of its own for each, in memory or beside the store that was named.

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::scratch_area::ScratchArea;
use crate::store::Store;
use crate::store::StoreUrl;

/// Where the stores of scenarios are made.
pub(super) struct Stages {
    beside: Option<StoreUrl>,
    keep: bool,
}

/// The store of one scenario.
pub(super) struct Stage {
    pub(super) store: Store,
    area: Option<ScratchArea>,
}

impl Stages {
    /// In memory, unless a store was named for this command: then beside that one, which is not touched.
    ///
    /// # Errors
    /// A URL that names no store, and nothing to keep (2).
    pub(super) fn new(app: &App, keep: bool) -> Result<Self, CliError> {
        let beside = app.typed_store()?.filter(|url| *url != StoreUrl::SqliteMemory);
        if keep && beside.is_none() {
            let error = CliError::usage("a store in memory cannot be kept").code("nothing_to_keep");
            return Err(error.hint("name a database with --store; each scenario has an area of its own beside the store"));
        }
        Ok(Self { beside, keep })
    }

    /// A store for a scenario.
    ///
    /// # Errors
    /// There is no place for it (6).
    pub(super) fn make(&self, app: &App) -> Result<Stage, CliError> {
        let area = self.beside.as_ref().map(ScratchArea::beside).transpose()?;
        let store = app.open(area.as_ref().map_or(&StoreUrl::SqliteMemory, ScratchArea::url))?;
        Ok(Stage { store, area })
    }

    /// Takes the store of a scenario away, or says where it is. What is left behind changes nothing of how it came out.
    pub(super) async fn end(&self, app: &App, stage: Stage, name: &str) {
        let Stage { store, area } = stage;
        drop(store);
        match area {
            None => {}
            Some(area) if self.keep => app.out.note(&format!("kept: {} ({name})", area.keep())),
            Some(area) => area.remove(app).await,
        }
    }
}
