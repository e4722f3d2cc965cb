//! The command `esctl context show`.

use std::borrow::Cow;

use clap::Args;
use serde::Serialize;
use serde::Serializer;

use crate::cli::app::App;
use crate::cli::config::Effective;
use crate::cli::config::SettingOrigin;
use crate::cli::config::format_name;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::store::redact_url;

/// Show the effective settings and the origin of each
#[derive(Debug, Args)]
pub struct ContextShowArgs {
    /// Show the settings as if --context NAME were given
    #[arg(add = NameSource::Contexts)]
    name: Option<String>,
}

/// The effective settings, without secrets.
#[derive(Serialize)]
struct ContextReport {
    context: Option<String>,
    current: bool,
    config_file: Option<String>,
    #[serde(serialize_with = "by_name")]
    settings: Vec<SettingRow>,
}

#[derive(Serialize)]
struct SettingRow {
    #[serde(skip)]
    name: Cow<'static, str>,
    value: String,
    from: SettingOrigin,
}

/// Serializes the settings as an object with their names as keys, in their order.
fn by_name<S: Serializer>(settings: &[SettingRow], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(settings.iter().map(|setting| (&setting.name, setting)))
}

impl ContextShowArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let typed = match &self.name {
            Some(name) => app.typed.in_context(name),
            None => app.typed.clone(),
        };
        let effective = Effective::new(&typed, &app.config)?;
        let context = effective.context.as_ref().map(|context| context.value.clone());
        let report = ContextReport {
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

fn settings(effective: &Effective) -> Result<Vec<SettingRow>, CliError> {
    let setting = |name: &'static str, value: Option<(String, &SettingOrigin)>, default: String| {
        let (value, from) = value.map_or((default, SettingOrigin::Default), |(value, from)| (value, from.clone()));
        SettingRow { name: name.into(), value, from }
    };
    let store = effective.store.as_ref().map(|store| (redact_url(&store.value), &store.from));
    let client = effective.client.as_ref().map(|client| (client.value.clone(), &client.from));
    let timeout = effective.timeout.as_ref().map(|timeout| (format!("{:?}", timeout.value), &timeout.from));
    let every = effective.snapshots.every.map(|every| (every.to_string(), &SettingOrigin::File));
    let mut settings = vec![
        setting("store", store, App::default_store()?.to_string()),
        setting("client", client, App::default_client()),
        setting("output", Some((format_name(effective.output.value), &effective.output.from)), String::new()),
        setting("timeout", timeout, format!("{:?}", App::DEFAULT_TIMEOUT)),
        setting("snapshot_every", every, crate::runtime::DEFAULT_SNAPSHOT_EVERY.to_string()),
    ];
    if let Some(layout) = &effective.layout {
        settings.insert(1, setting("layout", Some((layout.value.clone(), &layout.from)), String::new()));
    }
    settings.extend(effective.snapshots.categories.iter().map(|(category, every)| {
        let name = format!("snapshot_every.{category}").into();
        SettingRow { name, value: every.to_string(), from: SettingOrigin::File }
    }));
    Ok(settings)
}
