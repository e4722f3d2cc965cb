//! Reads the layout that an argument names.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::ops::OpsError;
use crate::ops::layouts::ShownLayout;
use crate::ops::layouts::layout_in_file;
use crate::ops::layouts::show_layout;
use crate::store::layout::LayoutError;

/// The size limit of a file.
const MAX_BYTES: usize = 1 << 20;

/// Returns the built-in layout with a name, or the layout in a file.
///
/// # Errors
/// There is no such layout or file (3), or the file has a mistake (2).
pub(super) fn read_layout(name: &str) -> Result<ShownLayout, CliError> {
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
