//! Diagnostics of the program and its libraries, on stderr.

use std::env;
use std::io;
use std::io::IsTerminal;
use std::io::Write;

use crate::cli::output::screen;

/// Shows diagnostics from now on: as `ESCTL_LOG` says, else by how often `-v` was given.
pub(crate) fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = env::var("ESCTL_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = filter.unwrap_or_else(|| format!("esctl={level}"));
    let subscriber = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(false);
    // A stderr that cannot be written is no reason to fail.
    let subscriber = subscriber.log_internal_errors(false);
    // Somebody who uses this crate as a library may have one already.
    let _ = subscriber.try_init();
}

/// Where diagnostics go: nowhere, as long as they would end up in the middle of a screen.
fn writer() -> Box<dyn Write> {
    if screen::is_taken() && io::stderr().is_terminal() { Box::new(io::sink()) } else { Box::new(io::stderr()) }
}
