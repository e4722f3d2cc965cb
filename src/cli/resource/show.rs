//! `esctl resource show`

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::domain::resource::client_schema;
use crate::ops::replay::Until;
use crate::ops::show_resource::show_resource;

/// Show a resource as it is now
#[derive(Debug, Args)]
pub struct Show {
    /// Which resource
    id: String,
    /// The full schema of the server, not the client's
    #[arg(long)]
    server: bool,
}

impl Show {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let state = show_resource(&app.store()?, &self.id, Until::Head, app.now()).await?.state;
        let shown = if self.server { state } else { client_schema(&state) };
        app.out.one(&shown, |sheet| {
            for (name, value) in shown.as_object().into_iter().flatten() {
                sheet.field(name, plain(value));
            }
        })
    }
}

/// A value as people read it: a string without its quotes, nothing as a dash.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".into(),
        other => other.to_string(),
    }
}
