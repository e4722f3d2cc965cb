//! Reads the layout that an argument names.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::cli::error::CliError;
use crate::cli::file_mode::is_pipe;
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
pub(super) fn read_layout(name: &str, patience: Duration) -> Result<ShownLayout, CliError> {
    match show_layout(name) {
        Ok(shown) => Ok(shown),
        Err(error) => {
            let is_path = name == "-" || name.contains(['/', '\\', '.']) || Path::new(name).exists();
            if !is_path {
                return Err(unknown(error));
            }
            let source = InputSource::of_file(name);
            let text = if is_pipe(Path::new(name)) { read_pipe(name, patience)? } else { source.read_text(MAX_BYTES)? };
            let name = source.name();
            layout_in_file(&name, text).map_err(|error| broken(&name, &error))
        }
    }
}

/// Reads a named pipe, which may have no writer.
fn read_pipe(path: &str, patience: Duration) -> Result<String, CliError> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let owned = path.to_owned();
    let read = move || {
        // The receiver may have given up.
        let _ = sender.send(InputSource::File(&owned).read_text(MAX_BYTES));
    };
    let late = || {
        let name = InputSource::File(path).name().into_owned();
        CliError::unavailable(format!("cannot read {name}: no program wrote to this pipe in time")).code("file_not_readable")
    };
    thread::Builder::new().name("pipe".into()).spawn(read).map_err(|_| late())?;
    receiver.recv_timeout(patience).map_err(|_| late())?
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
