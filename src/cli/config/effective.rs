//! The effective configuration and the origin of each setting: flag, environment, context, file, default.

use std::fmt;
use std::time::Duration;

use clap::ArgMatches;
use clap::ValueEnum;
use clap::parser::ValueSource;
use serde::Serialize;
use serde::Serializer;

use crate::cli::config::file::ConfigFile;
use crate::cli::config::file::Context;
use crate::cli::config::file::SnapshotIntervals;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::output::Format;

/// The origin of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// A flag on the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// The context of this name.
    Context(String),
    /// The configuration file, for all contexts.
    File,
    /// The default of esctl.
    Default,
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Context(name) => write!(f, "context {name}"),
            Self::File => f.write_str("configuration file"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Serialize for SettingOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A setting and its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The setting.
    pub value: T,
    /// The origin.
    pub from: SettingOrigin,
}

impl<T> Sourced<T> {
    fn new(value: T, from: SettingOrigin) -> Self {
        Self { value, from }
    }
}

/// The settings of flags and environment, before any file is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypedSettings {
    store: Option<Sourced<String>>,
    context: Option<Sourced<String>>,
    layout: Option<Sourced<String>>,
    client: Option<Sourced<String>>,
    output: Option<Sourced<Format>>,
    timeout: Option<Sourced<Duration>>,
}

impl TypedSettings {
    /// Reads the settings and their origins from the parsed command line.
    pub fn new(globals: &Globals, matches: &ArgMatches) -> Self {
        let from = |id, flag, variable| match matches.value_source(id) {
            Some(ValueSource::EnvVariable) => SettingOrigin::Variable(variable),
            _ => SettingOrigin::Flag(flag),
        };
        let store = from("store", "--store", "ESCTL_STORE");
        let context = from("context", "--context", "ESCTL_CONTEXT");
        let layout = from("layout_of_store", "--layout", "ESCTL_LAYOUT");
        let client = from("client", "--client", "ESCTL_CLIENT");
        let output = from("output", "--output", "ESCTL_OUTPUT");
        let timeout = from("timeout", "--timeout", "ESCTL_TIMEOUT");
        Self {
            store: globals.store.clone().map(|value| Sourced::new(value, store)),
            context: globals.context.clone().map(|value| Sourced::new(value, context)),
            layout: globals.layout.clone().map(|value| Sourced::new(value, layout)),
            client: globals.client.clone().map(|value| Sourced::new(value, client)),
            output: globals.output.map(|value| Sourced::new(value, output)),
            timeout: globals.timeout.map(|value| Sourced::new(value, timeout)),
        }
    }

    /// Returns the client, if a flag of this command names it.
    pub fn client_flag(&self) -> Option<&str> {
        flag(self.client.as_ref())
    }

    /// Returns the layout, if a flag of this command names it.
    pub fn layout_flag(&self) -> Option<&str> {
        flag(self.layout.as_ref())
    }

    /// Returns true if a flag or a variable names a store, by its URL or its context.
    pub fn names_a_store(&self) -> bool {
        self.store.is_some() || self.context.is_some()
    }

    /// Returns these settings with another context, as if `--context` named it.
    #[must_use]
    pub fn in_context(&self, name: &str) -> Self {
        Self { context: Some(Sourced::new(name.to_owned(), SettingOrigin::Flag("--context"))), ..self.clone() }
    }

    /// Returns these settings without a context and without a layout.
    #[must_use]
    pub fn in_no_context(&self) -> Self {
        Self { context: None, layout: None, ..self.clone() }
    }
}

fn flag(setting: Option<&Sourced<String>>) -> Option<&str> {
    setting.filter(|setting| matches!(setting.from, SettingOrigin::Flag(_))).map(|setting| setting.value.as_str())
}

/// The effective settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// The context of the settings, and how it was chosen.
    pub context: Option<Sourced<String>>,
    /// The URL of the store; none for the embedded one. It may hold a password.
    pub store: Option<Sourced<String>>,
    /// The layout with which the store is read; none for a store of esctl.
    pub layout: Option<Sourced<String>>,
    /// The client recorded with events; none for the user of this system.
    pub client: Option<Sourced<String>>,
    /// The output format.
    pub output: Sourced<Format>,
    /// The time for one answer of the store; none for the default.
    pub timeout: Option<Sourced<Duration>>,
    /// The snapshot intervals of the file.
    pub snapshots: SnapshotIntervals,
}

impl Effective {
    /// Resolves the settings: flags and environment, then the context, then the file.
    ///
    /// # Errors
    /// The context is not in the file (3).
    pub fn new(typed: &TypedSettings, config: &ConfigFile) -> Result<Self, CliError> {
        let chosen = chosen_context(typed, config);
        let context = chosen.as_ref().map(|chosen| named(config, chosen)).transpose()?;
        let of_context = || SettingOrigin::Context(chosen.as_ref().map_or_else(String::new, |chosen| chosen.value.clone()));
        let store = match (&typed.store, context) {
            (Some(store), Some(_)) if !outranks_context(store, typed) => None,
            (store, _) => store.clone(),
        };
        let in_context = context.map(|context| Sourced::new(context.store.clone(), of_context()));
        // The layout of a context is that of its store.
        let layout = context.filter(|_| store.is_none()).and_then(|context| context.layout.clone());
        let layout = layout.map(|value| Sourced::new(value, of_context()));
        let typed_layout = match (&typed.layout, context) {
            (Some(layout), Some(_)) if !outranks_context(layout, typed) => None,
            (layout, _) => layout.clone(),
        };
        let client = context.and_then(|context| context.client.clone()).map(|value| Sourced::new(value, of_context()));
        let output = context.and_then(|context| context.output).map(|value| Sourced::new(value, of_context()));
        let timeout = context.and_then(|context| context.timeout).map(|value| Sourced::new(value, of_context()));
        Ok(Self {
            store: store.or(in_context),
            layout: typed_layout.or(layout),
            client: typed.client.clone().or(client),
            output: typed.output.clone().or(output).unwrap_or(Sourced::new(Format::Table, SettingOrigin::Default)),
            timeout: typed.timeout.clone().or(timeout),
            snapshots: config.snapshots.clone(),
            context: chosen,
        })
    }
}

impl Effective {
    /// Returns the shell words that name the store as it was named, if no argument of the command line does.
    pub fn store_words(&self, typed: &TypedSettings) -> Vec<String> {
        let context_is_flag = typed.context.as_ref().is_some_and(|context| matches!(context.from, SettingOrigin::Flag(_)));
        match self.store.as_ref().map(|store| &store.from) {
            Some(SettingOrigin::Variable(name)) => vec!["--store".into(), format!("\"${name}\"")],
            Some(SettingOrigin::Context(name)) if !context_is_flag => vec!["--context".into(), name.clone()],
            _ => Vec::new(),
        }
    }
}

/// Returns the context: a named one, or the current one if no store is named either.
fn chosen_context(typed: &TypedSettings, config: &ConfigFile) -> Option<Sourced<String>> {
    if typed.context.is_some() || typed.store.is_some() {
        return typed.context.clone();
    }
    config.current.clone().map(|name| Sourced::new(name, SettingOrigin::File))
}

fn named<'c>(config: &'c ConfigFile, chosen: &Sourced<String>) -> Result<&'c Context, CliError> {
    config.context(&chosen.value).map_err(|error| match chosen.from {
        SettingOrigin::File => error.extended(", which is the current one"),
        _ => error,
    })
}

/// Returns true for a store that overrides the context: `--store` and `ESCTL_STORE` do, except for `ESCTL_STORE` with `--context`.
fn outranks_context(store: &Sourced<String>, typed: &TypedSettings) -> bool {
    let context_is_flag = typed.context.as_ref().is_some_and(|context| matches!(context.from, SettingOrigin::Flag(_)));
    matches!(store.from, SettingOrigin::Flag(_)) || !context_is_flag
}

/// Returns the name of a format, as it is typed.
pub(crate) fn format_name(format: Format) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
