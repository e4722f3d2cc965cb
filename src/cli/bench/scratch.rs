//! The scratch store of a benchmark: in a folder of its own that goes away with it.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use tempfile::TempDir;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::store;
use crate::store::Bare;
use crate::store::Store;
use crate::store::StoreUrl;

/// Where it is made.
#[derive(Debug, Args)]
pub(super) struct ScratchArgs {
    /// The folder to make the scratch store in, and so the disk to measure [default: the system's temporary folder]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
}

/// A store for one benchmark. Drop it last: it takes the files away, also after an error or an interrupt.
pub(super) struct Scratch<'a> {
    app: &'a App,
    /// The files go away with it.
    _folder: TempDir,
    url: StoreUrl,
}

impl<'a> Scratch<'a> {
    /// Makes the folder; the store is made by its first write.
    pub(super) fn make(app: &'a App, args: &ScratchArgs) -> Result<Self, CliError> {
        let parent = args.dir.clone().unwrap_or_else(env::temp_dir);
        let wanted = app.globals.store.as_deref().map(str::parse::<StoreUrl>).transpose()?;
        let folder = tempfile::Builder::new().prefix("esctl-bench-").tempdir_in(&parent).map_err(|error| {
            let message = format!("cannot make a scratch folder in {}", parent.display());
            CliError::unavailable(message).hint("pass --dir D, a folder that can be written").caused_by(&error)
        })?;
        let url = store::scratch_url(wanted.as_ref().unwrap_or(&StoreUrl::SqliteMemory), folder.path());
        if wanted.is_some() {
            app.out.note("a scratch store is measured; the store that was named is not touched");
        }
        if let Some(kind) = file_system(folder.path()).filter(|kind| matches!(kind.as_str(), "tmpfs" | "ramfs")) {
            app.out.warn(&format!("{} is in memory ({kind}): to measure a disk, pass --dir D", parent.display()));
        }
        Ok(Self { app, _folder: folder, url })
    }

    /// The store.
    pub(super) fn store(&self) -> Result<Store, CliError> {
        self.app.open(&self.url)
    }

    /// The bare database under it.
    pub(super) fn bare(&self) -> Result<Box<dyn Bare>, CliError> {
        Ok(store::bare(&self.url, self.app.timeout())?)
    }

    /// Where it was.
    pub(super) fn name(&self) -> String {
        self.url.to_string()
    }
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
