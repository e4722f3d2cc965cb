//! The command `esctl doc create`.

use clap::ArgGroup;
use clap::Args;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::doc::json_argument::read_json;
use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::write;
use crate::cli::write::WriteArgs;

/// Create a document; a deleted document can be created again
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["file", "data"]))]
pub struct DocCreateArgs {
    /// Id of the document
    id: String,
    /// File with the document, a JSON object; - reads stdin
    #[arg(short, long, value_name = "F|-")]
    file: Option<String>,
    /// The document, a JSON object; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    data: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

impl DocCreateArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let document = match (&self.file, &self.data) {
            (Some(file), _) => read_json("--file", &InputSource::of_file(file))?,
            (None, Some(data)) => read_json("--data", &InputSource::of_data(data))?,
            // clap requires one of them.
            (None, None) => return Err(CliError::usage("missing --file or --data")),
        };
        write::send(app, &self.write, "document.create", &self.id, json!({ "document": document })).await
    }
}
