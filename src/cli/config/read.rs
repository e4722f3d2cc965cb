//! Parses TOML into [`ConfigFile`]. Each mistake is reported with its line.

use std::ops::Range;
use std::path::Path;

use clap::ValueEnum;
use toml_edit::Document;
use toml_edit::Item;
use toml_edit::Key;
use toml_edit::TableLike;
use toml_edit::Value;

use crate::cli::arg_values::token;
use crate::cli::arg_values::value_names;
use crate::cli::config::file::ConfigFile;
use crate::cli::config::file::Context;
use crate::cli::config::file::SnapshotIntervals;
use crate::cli::config::serve::ServeOptions;
use crate::cli::error::CliError;
use crate::cli::error::nearest;
use crate::cli::globals::timeout;
use crate::cli::output::Format;

/// Parses the text of a configuration file.
///
/// # Errors
/// The text is not TOML, or a value has the wrong type or form (9).
pub(super) fn read_config(text: &str, path: &Path) -> Result<ConfigFile, CliError> {
    let name = path.display().to_string();
    let mut reader = ConfigReader { text, name: &name, warnings: Vec::new() };
    // Only the message: the rest of the error quotes lines of the file, which may hold a password.
    let document = Document::parse(text).map_err(|error| reader.error(error.span(), error.message()))?;
    let mut config = reader.config(document.as_table())?;
    config.warnings = reader.warnings;
    Ok(config)
}

/// Returns the error for a file that cannot be parsed.
pub(super) fn broken(place: &str, reason: &str) -> CliError {
    let error = CliError::unsupported(format!("{place}: {reason}")).code("config_broken").with("file", place);
    error.hint("correct the configuration file, or name another one with ESCTL_CONFIG")
}

/// The sections and keys at the top of the file.
const SECTIONS: [&str; 4] = ["current_context", "contexts", "snapshots", "serve"];

/// Returns true for a key of `[serve]`, also when it is written like the flag.
fn is_serve_key(key: &str) -> bool {
    ServeOptions::names().contains(&key.replace('-', "_"))
}

struct ConfigReader<'a> {
    text: &'a str,
    name: &'a str,
    warnings: Vec<String>,
}

impl ConfigReader<'_> {
    fn config(&mut self, root: &dyn TableLike) -> Result<ConfigFile, CliError> {
        let mut config = ConfigFile::default();
        for (key, item) in keys_of(root) {
            match key.get() {
                "current_context" => config.current = Some(self.string(key, item)?),
                "contexts" => config.contexts = self.contexts(key, item)?,
                "snapshots" => config.snapshots = self.snapshots(key, item)?,
                "serve" => config.serve = self.serve(key, item)?,
                _ if self.means_serve(key, item) => return Err(self.refused_key(key, "unknown key", "")),
                _ => self.unknown(key, &SECTIONS)?,
            }
        }
        Ok(config)
    }

    fn contexts(&mut self, key: &Key, item: &Item) -> Result<Vec<Context>, CliError> {
        let named = keys_of(self.table(key, item)?);
        named.map(|(name, item)| self.context(name, item)).collect()
    }

    fn context(&mut self, name: &Key, item: &Item) -> Result<Context, CliError> {
        let mut context = Context { name: name.get().to_owned(), ..Context::default() };
        let mut store = None;
        for (key, item) in keys_of(self.table(name, item)?) {
            match key.get() {
                "store" => store = Some(self.string(key, item)?),
                "layout" => context.layout = Some(self.string(key, item)?),
                "client" => context.client = Some(self.parsed(key, item, token)?),
                "output" => context.output = Some(self.parsed(key, item, |text| Format::from_str(text, false))?),
                "timeout" => context.timeout = Some(self.parsed(key, item, timeout)?),
                _ => self.unknown(key, &["store", "layout", "client", "output", "timeout"])?,
            }
        }
        let missing = || self.error(name.span(), &format!("context {} names no store", name.get()));
        context.store = store.ok_or_else(missing)?;
        Ok(context)
    }

    fn snapshots(&mut self, key: &Key, item: &Item) -> Result<SnapshotIntervals, CliError> {
        let mut snapshots = SnapshotIntervals::default();
        for (key, item) in keys_of(self.table(key, item)?) {
            match key.get() {
                "every" => snapshots.every = Some(self.count(key, item)?),
                "categories" => {
                    let numbers = keys_of(self.table(key, item)?);
                    let numbers = numbers.map(|(name, item)| Ok((name.get().to_owned(), self.count(name, item)?)));
                    snapshots.categories = numbers.collect::<Result<_, CliError>>()?;
                }
                _ => self.unknown(key, &["every", "categories"])?,
            }
        }
        Ok(snapshots)
    }

    /// Parses the flags of `esctl serve`, which have their own names with `_` in place of `-`.
    fn serve(&mut self, key: &Key, item: &Item) -> Result<ServeOptions, CliError> {
        let mut options = ServeOptions::default();
        for (key, item) in keys_of(self.table(key, item)?) {
            let wrong = || self.error(item.span(), &format!("{} must be a string, a number, or an array of strings", key.get()));
            let texts = texts_of(item).ok_or_else(wrong)?;
            match ServeOptions::from_file(key.get(), &texts) {
                Some(Ok(read)) => options = read.and(options),
                Some(Err(reason)) => return Err(self.error(item.span(), &format!("{}: {reason}", key.get()))),
                None => return Err(self.refused_key(key, "unknown key", "serve")),
            }
        }
        Ok(options)
    }

    fn count(&self, key: &Key, item: &Item) -> Result<u64, CliError> {
        let number = item.as_integer().and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| self.error(item.span(), &format!("{} must be a whole number from 0", key.get())))
    }

    fn table<'i>(&self, key: &Key, item: &'i Item) -> Result<&'i dyn TableLike, CliError> {
        item.as_table_like().ok_or_else(|| self.error(key.span(), &format!("{} must be a table", key.get())))
    }

    fn string(&self, key: &Key, item: &Item) -> Result<String, CliError> {
        let text = item.as_str().map(str::to_owned);
        text.ok_or_else(|| self.error(item.span(), &format!("{} must be a string in quotes", key.get())))
    }

    fn parsed<T, E: ToString>(&self, key: &Key, item: &Item, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, CliError> {
        let text = self.string(key, item)?;
        parse(&text).map_err(|error| {
            let possible = if key.get() == "output" { format!(": expected {}", value_names::<Format>()) } else { String::new() };
            self.error(item.span(), &format!("{}: {}{possible}", key.get(), error.to_string()))
        })
    }

    /// Warns about an unknown key. A key of the server is refused wherever it is: the server would start without it.
    fn unknown(&mut self, key: &Key, known: &[&str]) -> Result<(), CliError> {
        if is_serve_key(key.get()) {
            return Err(self.refused_key(key, "misplaced key", ""));
        }
        let near = nearest(key.get(), known.iter().copied());
        let near = near.map_or_else(|| format!("known here: {}", known.join(", ")), |near| format!("did you mean {near}?"));
        let warning = format!("{}: unknown key {}; {near}", self.place(key.span()), key.get());
        self.warnings.push(warning);
        Ok(())
    }

    /// Returns true if an unknown section was probably meant to be `[serve]`.
    fn means_serve(&self, key: &Key, item: &Item) -> bool {
        let near = nearest(key.get(), SECTIONS.iter().copied()) == Some("serve");
        near || item.as_table_like().is_some_and(|table| table.iter().any(|(name, _)| is_serve_key(name)))
    }

    /// Returns the error for a key that decides who may use the server, and so must not be ignored.
    fn refused_key(&self, key: &Key, what: &str, section: &str) -> CliError {
        let names = ServeOptions::names();
        let place = if section.is_empty() { String::new() } else { format!(" in [{section}]") };
        let near = match nearest(key.get(), names.iter().map(String::as_str).chain(["serve"])) {
            Some("serve") => "did you mean [serve]?".to_owned(),
            Some(near) if section.is_empty() => format!("{near} belongs in [serve]"),
            Some(near) => format!("did you mean {near}?"),
            None if section.is_empty() => "did you mean [serve]?".to_owned(),
            None => format!("known here: {}", names.join(", ")),
        };
        self.error(key.span(), &format!("{what} {}{place}; {near}", key.get()))
    }

    fn error(&self, span: Option<Range<usize>>, reason: &str) -> CliError {
        let place = self.place(span);
        broken(&place, reason).with("file", self.name)
    }

    /// Returns `FILE:LINE:COLUMN`.
    fn place(&self, span: Option<Range<usize>>) -> String {
        let before = span.and_then(|span| self.text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

/// Returns a value as it would be typed; for an array, each of its values.
fn texts_of(item: &Item) -> Option<Vec<String>> {
    match item.as_value()? {
        Value::Array(array) => array.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        Value::String(text) => Some(vec![text.value().clone()]),
        Value::Integer(number) => Some(vec![number.value().to_string()]),
        _ => None,
    }
}

/// Returns the members of a table with their keys, which know their position in the file.
fn keys_of(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}
