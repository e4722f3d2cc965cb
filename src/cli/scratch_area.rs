//! The scratch area of a command that tries things out: beside the store that was named, and removed in the end.

use std::path::Path;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::store;
use crate::store::StoreUrl;

/// The folder of a file, or the nearest above it that there is: what is tried must be on the same file system.
fn nearest_folder(path: &Path) -> PathBuf {
    let mut above = path.ancestors().skip(1);
    match above.find(|folder| folder.is_dir()) {
        Some(folder) => folder.to_path_buf(),
        // A relative path: `""` is no folder to any file system.
        None => PathBuf::from("."),
    }
}

/// A store to be removed: call [`ScratchArea::remove`], whatever became of what was done in it.
pub(super) struct ScratchArea {
    url: StoreUrl,
    /// For a file: the folder it is in, on the same file system as the store that was named. It goes away with it.
    folder: TempDir,
}

impl ScratchArea {
    /// Finds a place beside the store that was asked for. On a server nothing is made yet.
    ///
    /// # Errors
    /// The folder cannot be made (6).
    pub(super) fn make(app: &App) -> Result<Self, CliError> {
        Self::beside(&app.store_url()?)
    }

    /// Finds a place beside a store. On a server nothing is made yet.
    ///
    /// # Errors
    /// The folder cannot be made (6).
    pub(super) fn beside(named: &StoreUrl) -> Result<Self, CliError> {
        let parent = match named {
            StoreUrl::SqliteFile(path) => nearest_folder(path),
            _ => std::env::temp_dir(),
        };
        let folder = tempfile::Builder::new().prefix("esctl-scratch-").tempdir_in(&parent).map_err(|error| {
            CliError::unavailable(format!("cannot make a scratch folder in {}", parent.display())).caused_by(&error)
        })?;
        Ok(Self { url: store::scratch_url(named, folder.path()), folder })
    }

    /// The store in it.
    pub(super) fn url(&self) -> &StoreUrl {
        &self.url
    }

    /// Leaves it as it is; where.
    pub(super) fn keep(self) -> StoreUrl {
        match &self.url {
            StoreUrl::SqliteFile(_) => drop(self.folder.keep()),
            // The folder is empty.
            _ => drop(self.folder),
        }
        self.url
    }

    /// Removes it with all that is in it. That this fails is said, with what is left to do by hand.
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
            // It may never have been made: a server that cannot be asked does not tell.
            app.out.warn(&format!(
                "the scratch area {} was not removed; if it is there, please remove it by hand: {left}",
                self.url
            ));
        }
    }
}
