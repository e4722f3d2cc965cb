//! Loads the configuration file from its location.

use std::env;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::cli::config::file::ConfigFile;
use crate::cli::config::read::broken;
use crate::cli::config::read::read_config;
use crate::cli::error::CliError;
use crate::cli::file_mode::is_pipe;
use crate::cli::file_mode::open_to_others;
use crate::cli::input::read_text;
use crate::cli::input::unreadable;
use crate::ops::FailureKind;
use crate::store::redact_url;

/// The size limit of a configuration file.
const MAX_BYTES: usize = 1 << 20;

impl ConfigFile {
    /// Reads the file of this user.
    ///
    /// # Errors
    /// The file is broken (9), or exists and cannot be read (6, 7).
    pub fn load() -> Result<Self, CliError> {
        match default_path() {
            Some(path) => Self::load_from(&path),
            None => Ok(Self::default()),
        }
    }

    /// Reads a file. A missing file has no settings.
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
}

/// Returns `$ESCTL_CONFIG`, else `esctl/config.toml` in the user's configuration folder.
fn default_path() -> Option<PathBuf> {
    if let Some(path) = env::var_os("ESCTL_CONFIG").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("esctl").join("config.toml"))
}

/// Returns the text of a configuration file; none if the file does not exist.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, CliError> {
    let name = path.display().to_string();
    if is_pipe(path) {
        // Opening it would wait until another process writes to it.
        return Err(broken(&name, "expected a regular file, found a pipe"));
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(unreadable(&name, &error)),
    };
    match read_text(file, &name, MAX_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.failure.kind == FailureKind::Usage && error.failure.code != "is_a_directory" => {
            // The reason without the name of the file.
            let reason = error.failure.message.strip_prefix(&name).unwrap_or(&error.failure.message);
            Err(broken(&name, &format!("the file{reason}")))
        }
        Err(error) => Err(error),
    }
}
