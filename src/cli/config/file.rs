//! The content of the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::config::serve::ServeOptions;
use crate::cli::error::CliError;
use crate::cli::output::Format;

/// The content of the configuration file. A missing file has no settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigFile {
    /// The path, even if the file does not exist; none if the user has no home folder.
    pub path: Option<PathBuf>,
    /// The context for commands that name none.
    pub current: Option<String>,
    /// The named stores, in the order of the file.
    pub contexts: Vec<Context>,
    /// The snapshot intervals.
    pub snapshots: SnapshotIntervals,
    /// The settings of `esctl serve`.
    pub serve: ServeOptions,
    /// The warnings about the file.
    pub warnings: Vec<String>,
}

/// The snapshot intervals, as numbers of events of a stream; 0 takes none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotIntervals {
    /// The interval for every category without one of its own.
    pub every: Option<u64>,
    /// The categories with an interval of their own, in the order of the file.
    pub categories: Vec<(String, u64)>,
}

/// A named store and its settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// The name.
    pub name: String,
    /// The URL of the store. It may hold a password: never to be shown as it is.
    pub store: String,
    /// The layout with which the store is read: a name, a file or `auto`.
    pub layout: Option<String>,
    /// The client recorded with events.
    pub client: Option<String>,
    /// The output format.
    pub output: Option<Format>,
    /// The time for one answer of the store.
    pub timeout: Option<Duration>,
}

impl ConfigFile {
    /// Returns a context by its name.
    ///
    /// # Errors
    /// No context has this name (3).
    pub fn context(&self, name: &str) -> Result<&Context, CliError> {
        let found = self.contexts.iter().find(|context| context.name == name);
        found.ok_or_else(|| {
            let error = CliError::not_found(format!("no context {name}")).code("context_not_found").with("context", name);
            let error =
                error.hint("run 'esctl context list' to list the contexts, or 'esctl context add NAME --store URL' to add one");
            error.did_you_mean(name, self.contexts.iter().map(|context| context.name.as_str()))
        })
    }
}
