//! `esctl resource show`

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::domain::resource::client_schema;
use crate::ops::replay::Until;
use crate::ops::show_resource::show_resource;
use crate::ops::show_resource::with_left_out;

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
        let report = show_resource(&app.store()?, &self.id, Until::Head, app.now()).await?;
        let shown = if self.server { report.state } else { client_schema(&report.state) };
        let shown = with_left_out(shown, &report.left_out);
        app.warn_left_out(&report.left_out);
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
