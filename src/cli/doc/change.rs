//! The commands `esctl doc update|patch|set|delete`, which change a document that exists.

use clap::Args;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::doc::assignment::assignment;
use crate::cli::doc::json_argument::read_json;
use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::name_source::NameSource;
use crate::cli::write;
use crate::cli::write::WriteArgs;
use crate::domain::document::Assignment;

/// Merge an object into a document (RFC 7396); null removes a member
#[derive(Debug, Args)]
pub struct DocUpdateArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    /// JSON object to merge into the document; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    merge: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Apply a patch to a document (RFC 6902), all of it or nothing
#[derive(Debug, Args)]
pub struct DocPatchArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    /// JSON array of operations; - reads stdin, @FILE a file
    #[arg(long, value_name = "JSON|-|@FILE", allow_hyphen_values = true)]
    patch: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Set values in a document by their paths, all of them or none
///
/// PATH is dotted (owner.name, tags[0], tags[] appends, ["a.b"] or a\.b for a dot in a name) or a JSON pointer (/owner/name).
/// Missing parents are created: an array if the first item is set, else an object. VALUE is JSON, or else text. PATH+=N and PATH-=N
/// add to and subtract from a number, on the newest version of the document.
#[derive(Debug, Args)]
pub struct DocSetArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    /// Values to set, and numbers to add or subtract
    #[arg(required = true, value_name = "PATH=VALUE|PATH+=N|PATH-=N", value_parser = assignment)]
    values: Vec<Assignment>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Delete a document; its history stays
#[derive(Debug, Args)]
pub struct DocDeleteArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

impl DocUpdateArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let merge = read_json("--merge", &InputSource::of_data(&self.merge))?;
        write::send(app, &self.write, "document.merge", &self.id, json!({ "merge": merge })).await
    }
}

impl DocPatchArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let patch = read_json("--patch", &InputSource::of_data(&self.patch))?;
        write::send(app, &self.write, "document.patch", &self.id, json!({ "patch": patch })).await
    }
}

impl DocSetArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        write::send(app, &self.write, "document.set", &self.id, json!({ "set": self.values })).await
    }
}

impl DocDeleteArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        write::send(app, &self.write, "document.delete", &self.id, json!({})).await
    }
}
