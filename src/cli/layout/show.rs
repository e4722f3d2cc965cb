//! The command `esctl layout show`.

use std::path::Path;

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::ops::OpsError;
use crate::ops::layouts::ShownLayout;
use crate::ops::layouts::layout_in_file;
use crate::ops::layouts::show_layout;
use crate::store::layout::LayoutError;

/// The size limit of a file.
const MAX_BYTES: usize = 1 << 20;

/// Show a layout: the text of a built-in one, or a checked file
#[derive(Debug, Args)]
pub struct LayoutShowArgs {
    /// Name of a built-in layout, or a file; - reads stdin
    #[arg(value_name = "NAME|FILE", value_hint = clap::ValueHint::FilePath)]
    layout: String,
}

impl LayoutShowArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let shown = read(&self.layout)?;
        app.out.one(&shown, |sheet| {
            sheet.text(&shown.text);
        })
    }
}

/// Returns the layout with a name, or in a file.
fn read(name: &str) -> Result<ShownLayout, CliError> {
    match show_layout(name) {
        Ok(shown) => Ok(shown),
        Err(error) => {
            let is_path = name == "-" || name.contains(['/', '\\', '.']) || Path::new(name).exists();
            if !is_path {
                return Err(unknown(error));
            }
            let source = InputSource::of_file(name);
            let text = source.read_text(MAX_BYTES)?;
            let name = source.name();
            layout_in_file(&name, text).map_err(|error| broken(&name, &error))
        }
    }
}

fn unknown(error: OpsError) -> CliError {
    let error = CliError::from(error);
    match error.failure.hint {
        Some(_) => error,
        None => error.hint("run 'esctl layout list' to list the built-in layouts, or name a file"),
    }
}

/// Returns the error for a mistake in a file.
fn broken(file: &str, mistake: &LayoutError) -> CliError {
    let LayoutError { line, column, message, word, candidates } = mistake;
    let error = CliError::usage(format!("{file}:{line}:{column}: {message}")).code("bad_layout");
    let error = error.with("file", file).with("line", *line).with("column", *column);
    error.did_you_mean(word, candidates.iter().map(String::as_str))
}
