//! The scratch store of a benchmark: in a folder of its own, or in a schema or database of its own on a server. It is removed with
//! the value.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::thread;

use clap::Args;
use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::shutdown_hold::hold_shutdown;
use crate::store;
use crate::store::OpenOptions;
use crate::store::Store;
use crate::store::StoreUrl;
use crate::store::baseline::Baseline;
use crate::store::baseline::open_baseline;

/// The flags for the scratch store.
#[derive(Debug, Args)]
pub(super) struct ScratchArgs {
    /// Folder for the scratch store of SQLite, and so the disk to measure [default: the system's temporary folder]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
}

impl ScratchArgs {
    /// Returns true if a flag is given.
    pub(super) fn is_given(&self) -> bool {
        self.dir.is_some()
    }
}

/// A store for one benchmark. Drop it last: the drop removes it, even after an error or an interrupt.
pub(super) struct Scratch<'a> {
    app: &'a App,
    url: StoreUrl,
    /// The folder of an embedded store, which is removed with this value.
    _folder: Option<TempDir>,
}

impl<'a> Scratch<'a> {
    /// Creates the folder if the store needs one. The first write creates the store.
    pub(super) fn make(app: &'a App, args: &ScratchArgs) -> Result<Self, CliError> {
        let named = app.named_store()?;
        if named.is_some() {
            app.out.note("measuring a scratch store; the named store is not touched");
        }
        let wanted = named.unwrap_or(StoreUrl::SqliteMemory);
        if matches!(wanted, StoreUrl::Server(_)) {
            if args.dir.is_some() {
                return Err(CliError::usage("--dir is for SQLite; on a server the scratch store is in the same database"));
            }
            return Ok(Self { app, url: store::scratch_url(&wanted, Path::new("")), _folder: None });
        }
        let parent = args.dir.clone().unwrap_or_else(env::temp_dir);
        let folder = tempfile::Builder::new().prefix("esctl-bench-").tempdir_in(&parent).map_err(|error| {
            let message = format!("cannot create a scratch folder in {}", parent.display());
            CliError::unavailable(message).hint("pass a writable folder with --dir").caused_by(&error)
        })?;
        if let Some(kind) = file_system(folder.path()).filter(|kind| matches!(kind.as_str(), "tmpfs" | "ramfs")) {
            app.out.warn(&format!("{} is in memory ({kind}): pass --dir D to measure a disk", parent.display()));
        }
        Ok(Self { app, url: store::scratch_url(&wanted, folder.path()), _folder: Some(folder) })
    }

    /// Returns the store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        self.app.open(&self.url)
    }

    /// Returns the bare database of the store.
    pub(super) fn baseline(&self) -> Result<Box<dyn Baseline>, CliError> {
        Ok(open_baseline(&self.url, self.app.open_options())?)
    }

    /// Returns the URL with its password, for a process of its own. Never to be shown.
    pub(super) fn url_with_secrets(&self) -> String {
        self.url.with_secrets()
    }

    /// Returns the URL without its password.
    pub(super) fn name(&self) -> String {
        self.url.to_string()
    }
}

impl Drop for Scratch<'_> {
    /// Waits until the store is removed from the server. Warns if it could not be removed.
    fn drop(&mut self) {
        let (url, options) = (self.url.clone(), self.app.open_options());
        // On a thread of its own: this one may be in the middle of a runtime that is ending.
        let removed = hold_shutdown(|| thread::scope(|scope| scope.spawn(|| remove(&url, options)).join()));
        if let Ok(Err(error)) = removed {
            self.app.out.warn(&format!("the scratch store {url} was not removed; if it exists, remove it by hand: {error}"));
        }
    }
}

fn remove(url: &StoreUrl, options: OpenOptions) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::unavailable("cannot start a thread").caused_by(&error))?;
    Ok(runtime.block_on(store::remove_scratch(url, options))?)
}

/// Returns the kind of file system that a folder is on, if the system can tell.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    // The longest mount point above the folder; of two at the same path the later one covers the earlier one.
    let (_, kind) = fields.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len())?;
    Some(kind.to_owned())
}
