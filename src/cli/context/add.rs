//! The command `esctl context add`.

use std::path;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::app::App;
use crate::cli::config::Context;
use crate::cli::context::change::ContextChange;
use crate::cli::error::CliError;
use crate::cli::globals::timeout;
use crate::cli::layout_choice::layout_choice;
use crate::ops::layouts::show_layout;
use crate::store::StoreUrl;
use crate::store::layout_store::LayoutChoice;

const AFTER_HELP: &str = "The command does not open the store, which need not exist yet. --client ID and --layout NAME|FILE are kept with the context.";

/// Add a context: a name for a store
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ContextAddArgs {
    /// Name of the context
    #[arg(value_parser = context_name)]
    name: String,
    /// Event store
    #[arg(id = "store", long = "store", value_name = "URL")]
    url: String,
    /// Timeout for each answer of this store [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = |text: &str| timeout(text).map(|_| text.to_owned()))]
    store_timeout: Option<String>,
    /// Make it the current context
    #[arg(long = "use")]
    make_current: bool,
}

/// Parses the name of a context, for clap.
fn context_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 100 || !text.chars().all(fits) || text.starts_with('-') {
        return Err("expected at most 100 letters, digits, -, _ and .".into());
    }
    Ok(text.to_owned())
}

impl ContextAddArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let name = &self.name;
        let url = absolute_url(&self.url)?;
        let layout = app.typed.layout_flag().map(|layout| absolute_layout(layout, app.timeout())).transpose()?;
        if let Ok(context) = app.config.context(name)
            && self.is_the_same(context, &url, layout.as_deref(), app.typed.client_flag())
        {
            return self.keep(app);
        }
        let mut texts = vec![("store", url)];
        if let Some(layout) = &layout {
            texts.push(("layout", layout.clone()));
        }
        if let Some(client) = app.typed.client_flag() {
            texts.push(("client", client.to_owned()));
        }
        if let Some(timeout) = self.store_timeout {
            texts.push(("timeout", timeout));
        }
        let changed = app.config.add_context(name, &texts, self.make_current)?;
        let current = changed.current.as_deref();
        ContextChange { outcome: "added", name, current }.print(app)?;
        if current != Some(name.as_str()) {
            app.out
                .note(&format!("pass --context {name} to use it, or run 'esctl context use {name}' to make it the current one"));
        }
        Ok(())
    }
}

impl ContextAddArgs {
    /// Returns true for a context that has these very settings.
    fn is_the_same(&self, context: &Context, url: &str, layout: Option<&str>, client: Option<&str>) -> bool {
        let asked = self.store_timeout.as_deref().and_then(|text| timeout(text).ok());
        let same_store = context.store == url && context.layout.as_deref() == layout;
        same_store && context.client.as_deref() == client && context.timeout == asked && context.output.is_none()
    }

    /// Leaves a context as it is, and makes it the current one if that was asked for.
    fn keep(&self, app: &App) -> Result<(), CliError> {
        let name = self.name.as_str();
        let is_current = app.config.current.as_deref() == Some(name);
        if self.make_current && !is_current {
            app.config.use_context(name)?;
        }
        let current = if self.make_current { Some(name) } else { app.config.current.as_deref() };
        ContextChange { outcome: "unchanged", name, current }.print(app)
    }
}

/// Returns a layout in a form that means the same in every folder. The layout must exist.
fn absolute_layout(layout: &str, patience: Duration) -> Result<String, CliError> {
    if let LayoutChoice::Named(..) = layout_choice(layout, patience)?
        && show_layout(layout).is_err()
        && layout != "-"
    {
        return Ok(absolute(Path::new(layout))?.display().to_string());
    }
    Ok(layout.to_owned())
}

fn absolute(file: &Path) -> Result<PathBuf, CliError> {
    path::absolute(file)
        .map_err(|error| CliError::unavailable("cannot find the current folder").hint("give an absolute path").caused_by(&error))
}

/// Returns the URL in a form that means the same in every folder.
fn absolute_url(url: &str) -> Result<String, CliError> {
    match url.parse::<StoreUrl>()? {
        StoreUrl::SqliteFile(file) if file.is_relative() => Ok(StoreUrl::SqliteFile(absolute(&file)?).to_string()),
        _ => Ok(url.to_owned()),
    }
}
