//! The end of the program, or of a command inside another one: flushes the output and prints the error.

use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::output::Output;
use crate::cli::signals;
use crate::cli::write_record::WriteRecord;

/// Flushes the output, prints the error, and returns the exit code.
pub(super) fn end(out: &Output, record: Option<&WriteRecord>, result: Result<(), CliError>) -> u8 {
    report(out, record, result, signals::claim_final_error)
}

/// Flushes the output, prints the error, and returns the exit code. `before_error` is called before an error is printed.
pub(super) fn report(
    out: &Output,
    record: Option<&WriteRecord>,
    result: Result<(), CliError>,
    before_error: impl FnOnce(),
) -> u8 {
    // Results that were printed before an error are still written. The error decides the exit code.
    let result = match (result, out.finish()) {
        (Ok(()), finished) => finished,
        (failed, _) => failed,
    };
    match result {
        Ok(()) => exit::DONE,
        Err(error) => {
            if error.is_verdict() {
                return error.exit();
            }
            before_error();
            let error = record.map_or(error.clone(), |record| record.explain(error));
            out.error(&error);
            error.exit()
        }
    }
}
