//! Changes to the configuration file: comments and order stay, and the file is never half written.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process;

use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::TableLike;
use toml_edit::value;

use crate::cli::config::file::ConfigFile;
use crate::cli::config::file::text_of;
use crate::cli::config::private::create_file;
use crate::cli::config::private::create_folder;
use crate::cli::config::read::broken;
use crate::cli::error::CliError;

impl ConfigFile {
    /// Adds a context; `texts` are its keys and values.
    ///
    /// # Errors
    /// A broken file (9); one that cannot be written (6, 7).
    pub fn add_context(&self, name: &str, texts: &[(&str, String)], make_current: bool) -> Result<(), CliError> {
        self.edit(|root| {
            let contexts = table_in(root, "contexts")?;
            let mut context = Table::new();
            for (key, text) in texts {
                context.insert(key, value(text));
            }
            contexts.insert(name, Item::Table(context));
            if make_current {
                root.insert("current_context", value(name));
            }
            Some(())
        })
    }

    /// Makes a context the current one.
    ///
    /// # Errors
    /// A broken file (9); one that cannot be written (6, 7).
    pub fn use_context(&self, name: &str) -> Result<(), CliError> {
        self.edit(|root| {
            // In place, so that a comment behind the old value stays.
            match root.get_mut("current_context").and_then(Item::as_value_mut) {
                Some(current) => {
                    let decor = current.decor().clone();
                    *current = name.into();
                    *current.decor_mut() = decor;
                }
                None => drop(root.insert("current_context", value(name))),
            }
            Some(())
        })
    }

    /// Removes a context; when it is the current one, there is none from now on.
    ///
    /// # Errors
    /// A broken file (9); one that cannot be written (6, 7).
    pub fn remove_context(&self, name: &str) -> Result<(), CliError> {
        self.edit(|root| {
            table_in(root, "contexts")?.remove(name);
            if root.get("current_context").and_then(Item::as_str) == Some(name) {
                root.remove("current_context");
            }
            Some(())
        })
    }

    /// Reads the file anew, changes it, and puts the changed one in its place.
    ///
    /// # Errors
    /// A broken file (9); one that cannot be written (6, 7).
    fn edit(&self, change: impl FnOnce(&mut Table) -> Option<()>) -> Result<(), CliError> {
        let Some(path) = &self.path else {
            return Err(CliError::unavailable("the user's configuration folder cannot be found").hint("set ESCTL_CONFIG"));
        };
        let name = path.display().to_string();
        let text = text_of(path)?.unwrap_or_default();
        let mut document: DocumentMut = text.parse().map_err(|_| broken(&name, "is no TOML"))?;
        change(document.as_table_mut()).ok_or_else(|| broken(&name, "contexts must be a table"))?;
        replace(path, &document.to_string()).map_err(|error| unwritable(&name, &error))
    }
}

fn table_in<'t>(root: &'t mut Table, name: &str) -> Option<&'t mut dyn TableLike> {
    let mut implicit = Table::new();
    // The header [contexts] itself is not wanted, only [contexts.NAME].
    implicit.set_implicit(true);
    root.entry(name).or_insert(Item::Table(implicit)).as_table_like_mut()
}

/// Writes beside the file and puts the new one in its place in one step. Behind a link, the file it points to.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(folder)?;
    let beside = folder.join(format!(".esctl-config.{}", process::id()));
    let written = create_file(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn unwritable(name: &str, error: &io::Error) -> CliError {
    let message = format!("cannot write {name}");
    let error_of = match error.kind() {
        io::ErrorKind::PermissionDenied => CliError::not_allowed(message),
        _ => CliError::unavailable(message),
    };
    error_of.code("config_not_writable").with("file", name).caused_by(error)
}
