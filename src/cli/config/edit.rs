//! Changes to the configuration file. Comments and order stay, and no change of another process is lost.

use std::path::Path;

use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::TableLike;
use toml_edit::value;

use crate::cli::config::file::ConfigFile;
use crate::cli::config::load::text_of;
use crate::cli::config::read::broken;
use crate::cli::config::read::read_config;
use crate::cli::error::CliError;
use crate::cli::file_mode::create_folder;
use crate::cli::replace_file::Readers;
use crate::cli::replace_file::folder_of;
use crate::cli::replace_file::locked;
use crate::cli::replace_file::replace;
use crate::cli::replace_file::resolve;
use crate::cli::replace_file::unwritable;

impl ConfigFile {
    /// Adds a context and returns the changed file; `texts` are the keys and values of the context.
    ///
    /// # Errors
    /// A context of this name exists (4), the file is broken (9), or it cannot be written (2, 6, 7).
    pub fn add_context(&self, name: &str, texts: &[(&str, String)], make_current: bool) -> Result<Self, CliError> {
        self.edit(|config, root| {
            if config.context(name).is_ok() {
                let error = CliError::conflict(format!("context {name} already exists")).code("context_exists");
                return Err(error.hint(format!("remove it first with 'esctl context remove {name}'")).with("context", name));
            }
            let mut context = Table::new();
            for (key, text) in texts {
                context.insert(key, value(text));
            }
            contexts_in(root)?.insert(name, Item::Table(context));
            if make_current {
                make_current_in(root, name);
            }
            Ok(())
        })
    }

    /// Makes a context the current one and returns the changed file.
    ///
    /// # Errors
    /// No context has this name (3), the file is broken (9), or it cannot be written (2, 6, 7).
    pub fn use_context(&self, name: &str) -> Result<Self, CliError> {
        self.edit(|config, root| {
            config.context(name)?;
            make_current_in(root, name);
            Ok(())
        })
    }

    /// Removes a context and returns the changed file. If it was the current one, there is no current context any more.
    ///
    /// # Errors
    /// No context has this name (3), the file is broken (9), or it cannot be written (2, 6, 7).
    pub fn remove_context(&self, name: &str) -> Result<Self, CliError> {
        self.edit(|config, root| {
            config.context(name)?;
            contexts_in(root)?.remove(name);
            if root.get("current_context").and_then(Item::as_str) == Some(name) {
                root.remove("current_context");
            }
            Ok(())
        })
    }

    /// Reads the file again, changes it and replaces it, under a lock.
    fn edit(&self, change: impl FnOnce(&Self, &mut Table) -> Result<(), CliError>) -> Result<Self, CliError> {
        let Some(path) = &self.path else {
            return Err(CliError::unavailable("cannot find the user's configuration folder").hint("set ESCTL_CONFIG"));
        };
        let not_writable = |error: &std::io::Error| unwritable("the configuration file", path, error).code("config_not_writable");
        let target = resolve(path).map_err(|error| not_writable(&error))?;
        let folder = folder_of(&target);
        create_folder(&folder).map_err(|error| not_writable(&error))?;
        locked(&folder, || {
            let text = text_of(path)?.unwrap_or_default();
            must_be_regular(path)?;
            let before = Self { path: Some(path.clone()), ..read_config(&text, path)? };
            let mut document: DocumentMut = text.parse().map_err(|_| broken(&path.display().to_string(), "is not valid TOML"))?;
            change(&before, document.as_table_mut())?;
            let text = document.to_string();
            replace(path, text.as_bytes(), Readers::Owner).map_err(|error| not_writable(&error))?;
            Ok(Self { path: Some(path.clone()), ..read_config(&text, path)? })
        })
    }
}

/// Refuses a device such as /dev/null, which can be read as a configuration file but keeps no change.
fn must_be_regular(path: &Path) -> Result<(), CliError> {
    match path.metadata() {
        Ok(found) if !found.is_file() => {
            let message = format!("cannot write the configuration file {}: it is not a regular file", path.display());
            Err(CliError::usage(message).code("config_not_writable").hint("name another file with ESCTL_CONFIG"))
        }
        _ => Ok(()),
    }
}

fn make_current_in(root: &mut Table, name: &str) {
    // In place, so that a comment behind the old value stays.
    match root.get_mut("current_context").and_then(Item::as_value_mut) {
        Some(current) => {
            let decor = current.decor().clone();
            *current = name.into();
            *current.decor_mut() = decor;
        }
        None => drop(root.insert("current_context", value(name))),
    }
}

/// Returns the table of the contexts. `read_config` has checked that it is a table.
fn contexts_in(root: &mut Table) -> Result<&mut dyn TableLike, CliError> {
    let mut implicit = Table::new();
    // No header [contexts], only [contexts.NAME].
    implicit.set_implicit(true);
    let contexts = root.entry("contexts").or_insert(Item::Table(implicit)).as_table_like_mut();
    contexts.ok_or_else(|| CliError::bug("the contexts of the configuration file are not a table"))
}
