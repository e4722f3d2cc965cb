//! Ending when somebody asks for it: Ctrl-C, or a polite request to terminate.

use std::process;
use std::thread;
use std::time::Duration;

use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::output::Settings;

/// How long after a signal the program may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// Ends the program when it does not end by itself soon after a signal: while it waits for its stdin, or
/// for the reader of its stdout, nothing else runs on its thread. Nothing is lost by that: a transaction
/// of a store is whole or not there.
pub(super) fn end_in_the_end(settings: Settings) {
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without it the program still ends, only later.
        let Ok(runtime) = runtime else { return };
        let error = runtime.block_on(async {
            let error = interrupted().await;
            tokio::time::sleep(GRACE).await;
            error
        });
        output::give_back();
        Output::new(settings).error(&error);
        process::exit(error.exit.into());
    };
    let _ = thread::Builder::new().name("signals".into()).spawn(watch);
}

/// Waits for Ctrl-C or a polite request to end.
pub(super) async fn interrupted() -> CliError {
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => CliError::interrupted("interrupted"),
            _ = terminate.recv() => CliError::terminated("terminated"),
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => CliError::interrupted("interrupted"),
        Err(_) => std::future::pending().await,
    }
}
