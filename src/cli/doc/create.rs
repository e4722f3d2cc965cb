//! `esctl doc create`

use clap::ArgGroup;
use clap::Args;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::doc::change::draw;
use crate::cli::doc::json_argument::read_json;
use crate::cli::error::CliError;
use crate::cli::input::Source;
use crate::cli::values::WriteArgs;
use crate::cli::write;

/// Create a document; one that was deleted can be created again
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["file", "data"]))]
pub struct Create {
    /// Its id
    id: String,
    /// A file that holds it, a JSON object; - reads stdin
    #[arg(short, long, value_name = "F|-")]
    file: Option<String>,
    /// What it holds, a JSON object; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    data: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl Create {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let document = match (&self.file, &self.data) {
            (Some(file), _) => read_json("--file", &Source::of_file(file))?,
            (None, Some(data)) => read_json("--data", &Source::of_data(data))?,
            // clap has seen to it that one is there.
            (None, None) => return Err(CliError::usage("--file or --data is wanted")),
        };
        write::send(app, &self.write, "document.create", &self.id, json!({ "document": document }), draw).await
    }
}
