//! Where scenarios are run: a store of its own for each, in memory or beside the store that was named.

use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::store;
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
    url: StoreUrl,
    /// What an embedded one is in.
    folder: Option<TempDir>,
}

impl Stages {
    /// In memory, unless a store was named for this command: then beside that one, which is not touched.
    ///
    /// # Errors
    /// A URL that names no store, and nothing to keep (2).
    pub(super) fn new(app: &App, keep: bool) -> Result<Self, CliError> {
        let beside = app.named_store()?.filter(|url| *url != StoreUrl::SqliteMemory);
        if keep && beside.is_none() {
            let error = CliError::usage("a store in memory cannot be kept").code("nothing_to_keep");
            return Err(error.hint("name a database with --store; each scenario has an area of its own beside the store"));
        }
        Ok(Self { beside, keep })
    }

    /// A store for a scenario.
    pub(super) fn make(&self, app: &App) -> Result<Stage, CliError> {
        let Some(beside) = &self.beside else {
            return Ok(Stage { store: app.open(&StoreUrl::SqliteMemory)?, url: StoreUrl::SqliteMemory, folder: None });
        };
        let no_folder = |error| CliError::unavailable("cannot make a scratch folder").hint("TMPDIR says where").caused_by(&error);
        let folder = tempfile::Builder::new().prefix("esctl-scenario-").tempdir().map_err(no_folder)?;
        let url = store::scratch_url(beside, folder.path());
        let folder = matches!(url, StoreUrl::SqliteFile(_)).then_some(folder);
        Ok(Stage { store: app.open(&url)?, url, folder })
    }

    /// Takes the store of a scenario away, or says where it is.
    pub(super) async fn end(&self, app: &App, stage: Stage, name: &str) {
        let Stage { store, url, folder } = stage;
        drop(store);
        if self.keep {
            folder.map(TempDir::keep);
            app.out.note(&format!("kept: {url} ({name})"));
            return;
        }
        // The scenario has come out, or not; what is left behind does not change that.
        if let Err(error) = store::remove_scratch(&url, app.timeout()).await {
            app.out.warn(&format!("{url} could not be removed: {error}"));
        }
    }
}
