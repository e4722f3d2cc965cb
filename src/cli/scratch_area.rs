//! The scratch area of a command, beside the named store. It is removed at the end.

use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::store;
use crate::store::StoreUrl;

/// Returns the folder of a file, or its nearest parent that exists. The scratch area must be on the same file system.
fn nearest_folder(path: &Path) -> PathBuf {
    let mut above = path.ancestors().skip(1);
    match above.find(|folder| folder.is_dir()) {
        Some(folder) => folder.to_path_buf(),
        // A relative path: `""` is not a folder for any file system.
        None => PathBuf::from("."),
    }
}

/// A store to be removed. Call [`ScratchArea::remove`] in every case.
pub(super) struct ScratchArea {
    url: StoreUrl,
    /// For a file: its folder, on the same file system as the named store. It is removed with this value.
    folder: TempDir,
}

impl ScratchArea {
    /// Chooses a scratch area beside the store that was asked for. On a server nothing is created yet.
    ///
    /// # Errors
    /// The folder cannot be created (6).
    pub(super) fn make(app: &App) -> Result<Self, CliError> {
        Self::beside(&app.store_url()?)
    }

    /// Chooses a scratch area beside a store. On a server nothing is created yet.
    ///
    /// # Errors
    /// The folder cannot be created (6).
    pub(super) fn beside(named: &StoreUrl) -> Result<Self, CliError> {
        let parent = match named {
            StoreUrl::SqliteFile(path) => nearest_folder(path),
            _ => std::env::temp_dir(),
        };
        let folder = tempfile::Builder::new().prefix("esctl-scratch-").tempdir_in(&parent).map_err(|error| {
            CliError::unavailable(format!("cannot create a scratch folder in {}", parent.display())).caused_by(&error)
        })?;
        Ok(Self { url: store::scratch_url(named, folder.path()), folder })
    }

    /// Returns the URL of the store in it.
    pub(super) fn url(&self) -> &StoreUrl {
        &self.url
    }

    /// Keeps it as it is and returns its URL.
    pub(super) fn keep(self) -> StoreUrl {
        match &self.url {
            StoreUrl::SqliteFile(_) => drop(self.folder.keep()),
            // The folder is empty.
            _ => drop(self.folder),
        }
        self.url
    }

    /// Removes it with its content. A failure is a warning that says what to remove by hand.
    pub(super) async fn remove(self, app: &App) {
        let removed = store::remove_scratch(&self.url, app.open_options()).await;
        let left = match removed {
            Err(error) => Some(error.to_string()),
            Ok(()) => {
                let folder = self.folder.path().to_owned();
                self.folder.close().err().map(|error| format!("{}: {error}", folder.display()))
            }
        };
        if let Some(left) = left {
            // The area may never have been created: a server that is unavailable cannot say.
            app.out.warn(&format!("the scratch area {} was not removed; if it exists, remove it by hand: {left}", self.url));
        }
    }
}
