//! Panics: reported as a bug in esctl, with exit code 70.

use std::panic;
use std::process;

use crate::cli::exit;
use crate::cli::output;

/// Installs the panic hook for all threads: it prints how to report the bug and ends the process.
pub(super) fn report_as_bug() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let reason = info.payload_as_str().unwrap_or("no reason given");
        output::print_panic(&format!("esctl {} panicked{place}: {reason}", env!("CARGO_PKG_VERSION")));
        process::exit(exit::BUG.into());
    }));
}
