//! The command `esctl context list`.

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::Context;
use crate::cli::config::format_name;
use crate::cli::error::CliError;
use crate::cli::output::Listing;
use crate::store::redact_url;

/// List the contexts
#[derive(Debug, Args)]
pub struct ContextListArgs {}

/// A row of the list: a context with its URL without the password.
#[derive(Serialize)]
struct ContextRow<'a> {
    name: &'a str,
    current: bool,
    store: String,
    client: Option<&'a str>,
    output: Option<String>,
    timeout: Option<String>,
}

impl<'a> ContextRow<'a> {
    fn of(context: &'a Context, current: Option<&str>) -> Self {
        Self {
            name: &context.name,
            current: current == Some(context.name.as_str()),
            store: redact_url(&context.store),
            client: context.client.as_deref(),
            output: context.output.map(format_name),
            timeout: context.timeout.map(|timeout| format!("{timeout:?}")),
        }
    }
}

impl ContextListArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let listing = Listing::new(["name", "current", "store", "client", "output", "timeout"]);
        let listing = listing.fields(["name", "current", "store", "client", "output", "timeout"]);
        let mut list = app.out.list(listing.empty("no contexts; run 'esctl context add NAME --store URL' to add one"));
        for context in &app.config.contexts {
            let shown = ContextRow::of(context, app.config.current.as_deref());
            let more = list.push(&shown, || {
                vec![
                    shown.name.into(),
                    if shown.current { "*" } else { "" }.into(),
                    shown.store.as_str().into(),
                    shown.client.unwrap_or("-").into(),
                    shown.output.as_deref().unwrap_or("-").into(),
                    shown.timeout.as_deref().unwrap_or("-").into(),
                ]
            })?;
            if !more {
                break;
            }
        }
        list.finish(None)
    }
}
