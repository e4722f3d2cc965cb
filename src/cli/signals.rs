//! Handling of SIGINT and SIGTERM.

use std::future::pending;
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
use crate::cli::shutdown_hold::until_released;

/// The time that the program has to end by itself after a signal.
const GRACE: Duration = Duration::from_millis(500);

/// The signals that this process received, in their order.
static RECEIVED: LazyLock<watch::Sender<Vec<EndSignal>>> = LazyLock::new(|| watch::channel(Vec::new()).0);

/// A request to end.
#[derive(Debug, Clone, Copy)]
enum EndSignal {
    Interrupt,
    Terminate,
}

impl From<EndSignal> for CliError {
    fn from(signal: EndSignal) -> Self {
        match signal {
            EndSignal::Interrupt => Self::interrupted("interrupted"),
            EndSignal::Terminate => Self::terminated("terminated"),
        }
    }
}

/// Handles signals from now on. No later signal is lost or ends the program without a message.
///
/// A thread ends the program if it does not end by itself soon after the given number of signals. This is needed while the main
/// thread waits for stdin or for the reader of stdout. No data are lost: a transaction of a store is applied in full or not at all.
pub(super) fn handle(settings: OutputSettings, signals: usize, explain: impl FnOnce(CliError) -> CliError + Send + 'static) {
    FINAL_ERROR.store(false, Ordering::SeqCst);
    let (ready, is_ready) = mpsc::channel();
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without this thread a signal ends the program in the default way of the system.
        let Ok(runtime) = runtime else { return };
        let error = runtime.block_on(async {
            let receiver = Receiver::new()?;
            tokio::spawn(receiver.run());
            let _ = ready.send(());
            let error = nth(signals).await;
            tokio::time::sleep(GRACE).await;
            // One more signal ends the program without a wait.
            tokio::select! {
                () = until_released() => {}
                _ = nth(signals + 1) => {}
            }
            Some(error)
        });
        let Some(error) = error.map(explain) else { return };
        if FINAL_ERROR.swap(true, Ordering::SeqCst) {
            // The program is ending by itself, with an error of its own.
            thread::sleep(GRACE);
        } else {
            output::give_back();
            Output::new(settings).error(&error);
        }
        process::exit(error.exit().into());
    };
    if thread::Builder::new().name("signals".into()).spawn(watch).is_ok() {
        // An error means that no handler was set.
        let _ = is_ready.recv();
    }
}

/// Set by the thread that prints the final error, so that it is printed once.
static FINAL_ERROR: AtomicBool = AtomicBool::new(false);

/// Returns on the one thread that prints the final error. Another thread waits here for the end of the program.
pub(super) fn claim_final_error() {
    while FINAL_ERROR.swap(true, Ordering::SeqCst) {
        thread::park();
    }
}

/// Turns a write beyond the limit of file sizes (`ulimit -f`) into an error instead of the end of the program. Must be called
/// within a runtime.
pub(super) fn size_limit_is_an_error() {
    #[cfg(unix)]
    {
        let limit = tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        // The handler stays when this value is dropped. Without it the program ends in the default way of the system.
        let _ = tokio::signal::unix::signal(limit);
    }
}

/// Waits for the first SIGINT or SIGTERM. Returns at once if there was one.
pub(super) async fn interrupted() -> CliError {
    nth(1).await
}

/// Waits for the signal with a number, counted from 1. Returns at once if there were as many.
pub(super) async fn nth(number: usize) -> CliError {
    let mut received = RECEIVED.subscribe();
    let signal = received.wait_for(|signals| signals.len() >= number).await.map(|signals| signals.get(number - 1).copied());
    match signal {
        Ok(Some(signal)) => signal.into(),
        // The sender is a static, so it is never dropped.
        _ => pending().await,
    }
}

/// The signal handlers of this process.
struct Receiver {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Receiver {
    fn new() -> Option<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::SignalKind;
            use tokio::signal::unix::signal;
            let (interrupt, terminate) = (signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?);
            Some(Self { interrupt, terminate })
        }
        #[cfg(not(unix))]
        Some(Self {})
    }

    /// Records each signal.
    async fn run(#[cfg_attr(not(unix), allow(unused_mut, reason = "only unix has receivers"))] mut self) {
        loop {
            #[cfg(unix)]
            let signal = tokio::select! {
                _ = self.interrupt.recv() => EndSignal::Interrupt,
                _ = self.terminate.recv() => EndSignal::Terminate,
            };
            #[cfg(not(unix))]
            let signal = match tokio::signal::ctrl_c().await {
                Ok(()) => EndSignal::Interrupt,
                Err(_) => return,
            };
            RECEIVED.send_modify(|signals| signals.push(signal));
        }
    }
}
