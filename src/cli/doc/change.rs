//! `esctl doc update|patch|set|delete`: the changes of a document that exists.

use clap::Args;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::doc::assignment::assignment;
use crate::cli::doc::json_argument::read_json;
use crate::cli::error::CliError;
use crate::cli::input::Source;
use crate::cli::output::Sheet;
use crate::cli::values::WriteArgs;
use crate::cli::write;
use crate::domain::document::Assignment;
use crate::runtime::CommandOutcome;

/// Merge an object into a document (RFC 7396); null takes a member away
#[derive(Debug, Args)]
pub struct Update {
    /// Which document
    id: String,
    /// What to merge into it, a JSON object; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    merge: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Apply a patch to a document (RFC 6902), all of it or nothing
#[derive(Debug, Args)]
pub struct Patch {
    /// Which document
    id: String,
    /// The operations, a JSON array; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    patch: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Set values in a document by their paths, all of them or none
///
/// PATH is dotted (owner.name, tags[0], tags[] appends, ["a.b"] or a\.b for a dot in a name) or a JSON pointer (/owner/name).
/// What leads there and is not there yet is made: an array where the first item is set, else an object. VALUE is JSON, or
/// else text. PATH+=N and PATH-=N add to and subtract from a number that is there, on the newest version of the document.
#[derive(Debug, Args)]
#[command(after_help = "Example: esctl doc set plan title=Tour 'stops[]={\"at\":\"Rome\"}' budget.limit=250 budget.spent+=30")]
pub struct Set {
    /// Which document
    id: String,
    /// Values to set, and numbers to add or subtract
    #[arg(required = true, value_name = "PATH=VALUE|PATH+=N|PATH-=N", value_parser = assignment)]
    values: Vec<Assignment>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Delete a document; its history stays
#[derive(Debug, Args)]
pub struct Delete {
    /// Which document
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl Update {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let merge = read_json("--merge", &Source::of_data(&self.merge))?;
        write::send(app, &self.write, "document.merge", &self.id, json!({ "merge": merge }), draw).await
    }
}

impl Patch {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let patch = read_json("--patch", &Source::of_data(&self.patch))?;
        write::send(app, &self.write, "document.patch", &self.id, json!({ "patch": patch }), draw).await
    }
}

impl Set {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        write::send(app, &self.write, "document.set", &self.id, json!({ "set": self.values }), draw).await
    }
}

impl Delete {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        write::send(app, &self.write, "document.delete", &self.id, json!({}), draw).await
    }
}

/// The document after a change; nothing where there is none any more.
pub(super) fn draw(outcome: &CommandOutcome, sheet: &mut Sheet) {
    if !outcome.state.is_null() {
        sheet.field("document", outcome.state["document"].to_string());
    }
}
