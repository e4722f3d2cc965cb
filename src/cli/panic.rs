//! A panic is a bug in esctl: say so, say how to report it, end with 70.

use std::panic;
use std::process;

use crate::cli::exit;
use crate::cli::output;

/// Takes over what is said when this program panics, on whichever thread.
pub(super) fn report_as_bug() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let reason = info.payload_as_str().unwrap_or("no reason given");
        output::last_words(&format!("esctl {} panicked{place}: {reason}", env!("CARGO_PKG_VERSION")));
        process::exit(exit::BUG.into());
    }));
}
