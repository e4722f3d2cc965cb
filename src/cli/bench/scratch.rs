//! The scratch store of a benchmark: in a folder of its own, or in a schema or database of its own on a server, that goes
//! away with it.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::thread;

use clap::Args;
use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::signals::uncut;
use crate::store;
use crate::store::Baseline;
use crate::store::OpenOptions;
use crate::store::Store;
use crate::store::StoreUrl;

/// Where it is made.
#[derive(Debug, Args)]
pub(super) struct ScratchArgs {
    /// SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system's temporary folder]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
}

/// A store for one benchmark. Drop it last: it takes away what was made, also after an error or an interrupt.
pub(super) struct Scratch<'a> {
    app: &'a App,
    url: StoreUrl,
    /// The files of an embedded store go away with it.
    _folder: Option<TempDir>,
}

impl<'a> Scratch<'a> {
    /// Makes the folder, where it needs one; the store is made by its first write.
    pub(super) fn make(app: &'a App, args: &ScratchArgs) -> Result<Self, CliError> {
        let named = app.named_store()?;
        if named.is_some() {
            app.out.note("a scratch store is measured; the store that was named is not touched");
        }
        let wanted = named.unwrap_or(StoreUrl::SqliteMemory);
        if matches!(wanted, StoreUrl::Server(_)) {
            if args.dir.is_some() {
                return Err(CliError::usage("--dir is for SQLite; on a server the scratch store is where its data is"));
            }
            return Ok(Self { app, url: store::scratch_url(&wanted, Path::new("")), _folder: None });
        }
        let parent = args.dir.clone().unwrap_or_else(env::temp_dir);
        let folder = tempfile::Builder::new().prefix("esctl-bench-").tempdir_in(&parent).map_err(|error| {
            let message = format!("cannot make a scratch folder in {}", parent.display());
            CliError::unavailable(message).hint("pass --dir D, a folder that can be written").caused_by(&error)
        })?;
        if let Some(kind) = file_system(folder.path()).filter(|kind| matches!(kind.as_str(), "tmpfs" | "ramfs")) {
            app.out.warn(&format!("{} is in memory ({kind}): to measure a disk, pass --dir D", parent.display()));
        }
        Ok(Self { app, url: store::scratch_url(&wanted, folder.path()), _folder: Some(folder) })
    }

    /// The store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        self.app.open(&self.url)
    }

    /// The bare database under it.
    pub(super) fn bare(&self) -> Result<Box<dyn Baseline>, CliError> {
        Ok(store::open_baseline(&self.url, self.app.open_options())?)
    }

    /// Its URL, for a program of its own. Never to be shown.
    pub(super) fn url_with_secrets(&self) -> String {
        self.url.with_secrets()
    }

    /// Where it was.
    pub(super) fn name(&self) -> String {
        self.url.to_string()
    }
}

impl Drop for Scratch<'_> {
    /// Waits until what was made on a server is gone, or says what is left behind.
    fn drop(&mut self) {
        let (url, options) = (self.url.clone(), self.app.open_options());
        // On a thread of its own: this one may be in the middle of a runtime that is ending.
        let removed = uncut(|| thread::scope(|scope| scope.spawn(|| remove(&url, options)).join()));
        if let Ok(Err(error)) = removed {
            self.app
                .out
                .warn(&format!("the scratch store {url} was not removed; if it is there, please remove it by hand: {error}"));
        }
    }
}

fn remove(url: &StoreUrl, options: OpenOptions) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::unavailable("no thread can be started").caused_by(&error))?;
    Ok(runtime.block_on(store::remove_scratch(url, options))?)
}

/// The kind of file system a folder is on, where the system tells.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    // The longest one that the folder is under; of two on the same place the later covers the earlier.
    let (_, kind) = fields.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len())?;
    Some(kind.to_owned())
}
