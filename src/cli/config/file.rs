//! Where the configuration file is, and what it holds once it is read.

use std::env;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use etcetera::BaseStrategy;

use crate::cli::config::read::broken;
use crate::cli::config::read::read_config;
use crate::cli::config::serve::ServeOptions;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::file_mode::is_pipe;
use crate::cli::file_mode::open_to_others;
use crate::cli::input::read_text;
use crate::cli::input::unreadable;
use crate::cli::output::Format;
use crate::store::redact_url;

/// The largest configuration file; more is none.
const MAX_BYTES: usize = 1 << 20;

/// The configuration file, read. One that is not there says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfigFile {
    /// Where it is, or would be; none where the user has no home.
    pub path: Option<PathBuf>,
    /// The context that counts when none is named.
    pub current: Option<String>,
    /// The named stores, in the order of the file.
    pub contexts: Vec<Context>,
    /// When snapshots are taken.
    pub snapshots: Snapshots,
    /// What `esctl serve` is told.
    pub serve: ServeOptions,
    /// What is not as it should be, but no error.
    pub warnings: Vec<String>,
}

/// When snapshots are taken: every so many events of a stream, 0: never.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshots {
    /// For every category that has no number of its own.
    pub every: Option<u64>,
    /// Categories with a number of their own, in the order of the file.
    pub categories: Vec<(String, u64)>,
}

/// A named store, and what is used with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Its URL. It may hold a password: never to be shown as it is.
    pub store: String,
    /// Who is asking.
    pub client: Option<String>,
    /// The form of the results.
    pub output: Option<Format>,
    /// How long any one answer of the store may take.
    pub timeout: Option<Duration>,
}

impl ConfigFile {
    /// Reads the file of this user.
    ///
    /// # Errors
    /// A file that is broken (9), or that is there and cannot be read (6, 7).
    pub fn load() -> Result<Self, CliError> {
        match default_path() {
            Some(path) => Self::load_from(&path),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file; one that is not there says nothing.
    ///
    /// # Errors
    /// As [`ConfigFile::load`].
    pub fn load_from(path: &Path) -> Result<Self, CliError> {
        let mut config = match text_of(path)? {
            Some(text) => read_config(&text, path)?,
            None => Self::default(),
        };
        config.path = Some(path.to_owned());
        let urls = config.contexts.iter().map(|context| &context.store).chain(&config.serve.redis);
        let holds_secret = urls.into_iter().any(|url| redact_url(url) != *url);
        if holds_secret && let Some(mode) = open_to_others(path) {
            let path = path.display();
            config.warnings.push(format!("{path} holds a password and others may read it (mode {mode:03o}); chmod 600 {path}"));
        }
        Ok(config)
    }

    /// A context by its name.
    ///
    /// # Errors
    /// There is none of this name (3).
    pub fn context(&self, name: &str) -> Result<&Context, CliError> {
        let found = self.contexts.iter().find(|context| context.name == name);
        found.ok_or_else(|| {
            let error = CliError::not_found(format!("no context {name}")).code("context_not_found").with("context", name);
            let error = error.hint("esctl context list shows what there is, esctl context add NAME --store URL makes one");
            error.did_you_mean(name, self.contexts.iter().map(|context| context.name.as_str()))
        })
    }
}

/// `$ESCTL_CONFIG`, else `esctl/config.toml` in the user's configuration folder.
fn default_path() -> Option<PathBuf> {
    if let Some(path) = env::var_os("ESCTL_CONFIG").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("esctl").join("config.toml"))
}

/// The text of a configuration file; none where there is no file.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, CliError> {
    let name = path.display().to_string();
    if is_pipe(path) {
        // Opening it would wait until another process writes to it.
        return Err(broken(&name, "a regular file is wanted, found a pipe"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(unreadable(&name, &error)),
    };
    match read_text(file, &name, MAX_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.exit == exit::USAGE && error.code != "is_a_directory" => {
            // What is wrong, without the name once more.
            let reason = error.message.strip_prefix(&name).unwrap_or(&error.message);
            Err(broken(&name, &format!("the file{reason}")))
        }
        Err(error) => Err(error),
    }
}
