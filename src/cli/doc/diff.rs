//! The command `esctl doc diff`.

use clap::Args;
use json_patch::PatchOperation;

use crate::cli::app::App;
use crate::cli::arg_values::version;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::output::Cell;
use crate::event::Version;
use crate::ops::documents::diff_document;

/// Show the JSON Patch between two versions of a document (RFC 6902)
#[derive(Debug, Args)]
pub struct DocDiffArgs {
    /// Id of the document
    #[arg(add = NameSource::ids_of("document"))]
    id: String,
    /// Version to start from; 0 is before the first
    #[arg(long, value_name = "VERSION", value_parser = version)]
    from: Version,
    /// Version to end at [default: the last]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    to: Option<Version>,
}

impl DocDiffArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let report = diff_document(&app.store()?, &self.id, self.from, self.to).await?;
        app.warn_left_out(&report.left_out);
        app.out.one(&report, |sheet| {
            sheet.field("id", report.id.as_str());
            sheet.field("versions", format!("from {} to {}", report.from, report.to));
            if report.patch.is_empty() {
                sheet.field("patch", "empty; the versions are equal");
            }
            sheet.table(&["op", "path", "value"], report.patch.iter().map(row).collect());
        })
    }
}

fn row(operation: &PatchOperation) -> Vec<Cell> {
    let (op, value) = match operation {
        PatchOperation::Add(add) => ("add", Cell::new(&add.value)),
        PatchOperation::Replace(replace) => ("replace", Cell::new(&replace.value)),
        PatchOperation::Remove(_) => ("remove", Cell::none()),
        // A diff has no other operations.
        other => ("", Cell::new(other)),
    };
    let path = operation.path().to_string();
    vec![op.into(), if path.is_empty() { "(the whole)".into() } else { path.into() }, value]
}
