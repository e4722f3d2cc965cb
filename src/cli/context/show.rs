//! `esctl context show`

use std::borrow::Cow;

use clap::Args;
use serde::Serialize;
use serde::Serializer;

use crate::cli::app::App;
use crate::cli::config::Effective;
use crate::cli::config::Origin;
use crate::cli::config::format_name;
use crate::cli::error::CliError;
use crate::store::redact_url;

/// Show which settings count, and where each comes from
#[derive(Debug, Args)]
pub struct Show {
    /// As if --context NAME were given
    name: Option<String>,
}

/// The settings that count, with nothing in them that is secret.
#[derive(Serialize)]
struct Report {
    context: Option<String>,
    current: bool,
    config_file: Option<String>,
    #[serde(serialize_with = "by_name")]
    settings: Vec<Setting>,
}

#[derive(Serialize)]
struct Setting {
    #[serde(skip)]
    name: Cow<'static, str>,
    value: String,
    from: Origin,
}

/// An object with the names as keys, in their order.
fn by_name<S: Serializer>(settings: &[Setting], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(settings.iter().map(|setting| (&setting.name, setting)))
}

impl Show {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let typed = match &self.name {
            Some(name) => app.typed.in_context(name),
            None => app.typed.clone(),
        };
        let effective = Effective::new(&typed, &app.config)?;
        let context = effective.context.as_ref().map(|context| context.value.clone());
        let report = Report {
            current: context.is_some() && context == app.config.current,
            config_file: app.config.path.as_ref().map(|path| path.display().to_string()),
            settings: settings(&effective)?,
            context,
        };
        app.out.one(&report, |sheet| {
            let current = if report.current { " (the current one)" } else { "" };
            sheet.field("context", report.context.as_ref().map_or_else(|| "-".to_owned(), |name| format!("{name}{current}")));
            sheet.field("config file", report.config_file.as_deref().unwrap_or("-"));
            sheet.blank();
            let rows = report.settings.iter();
            let rows = rows.map(|row| vec![(&*row.name).into(), row.value.as_str().into(), row.from.to_string().into()]);
            sheet.table(&["setting", "value", "from"], rows.collect());
        })
    }
}

fn settings(effective: &Effective) -> Result<Vec<Setting>, CliError> {
    let setting = |name: &'static str, value: Option<(String, &Origin)>, default: String| {
        let (value, from) = value.map_or((default, Origin::Default), |(value, from)| (value, from.clone()));
        Setting { name: name.into(), value, from }
    };
    let store = effective.store.as_ref().map(|store| (redact_url(&store.value), &store.from));
    let client = effective.client.as_ref().map(|client| (client.value.clone(), &client.from));
    let timeout = effective.timeout.as_ref().map(|timeout| (format!("{:?}", timeout.value), &timeout.from));
    let every = effective.snapshots.every.map(|every| (every.to_string(), &Origin::File));
    let mut settings = vec![
        setting("store", store, App::default_store()?.to_string()),
        setting("client", client, App::default_client()),
        setting("output", Some((format_name(effective.output.value), &effective.output.from)), String::new()),
        setting("timeout", timeout, format!("{:?}", App::DEFAULT_TIMEOUT)),
        setting("snapshot_every", every, crate::runtime::DEFAULT_SNAPSHOT_EVERY.to_string()),
    ];
    settings.extend(effective.snapshots.categories.iter().map(|(category, every)| {
        let name = format!("snapshot_every.{category}").into();
        Setting { name, value: every.to_string(), from: Origin::File }
    }));
    Ok(settings)
}
