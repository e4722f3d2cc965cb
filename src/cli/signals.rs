//! Ending when somebody asks for it: Ctrl-C, or a polite request to terminate.

use std::future::poll_fn;
use std::pin::Pin;
use std::process;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::output::Settings;

/// How long after a signal the program may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);
/// How long after a signal an append in flight is waited for; less where an answer of the store may take less.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two looks whether everything has been taken away.
const PAUSE: Duration = Duration::from_millis(20);

/// Ends the program when it does not end by itself soon after so many signals: while it waits for its stdin, or
/// for the reader of its stdout, nothing else runs on its thread. Nothing is lost by that: a transaction
/// of a store is whole or not there.
pub(super) fn end_in_the_end(settings: Settings, signals: usize, told: impl FnOnce(CliError) -> CliError + Send + 'static) {
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without it the program still ends, only later.
        let Ok(runtime) = runtime else { return };
        let error = runtime.block_on(async {
            for _ in 1..signals {
                interrupted().await;
            }
            let error = interrupted().await;
            tokio::time::sleep(GRACE).await;
            // Somebody who asks once more does not want to wait for that.
            tokio::select! {
                () = tidied_up() => {}
                _ = interrupted() => {}
            }
            error
        });
        let error = told(error);
        if LAST_WORD.swap(true, Ordering::SeqCst) {
            // The program is ending by itself, and says why.
            thread::sleep(GRACE);
        } else {
            output::give_back();
            Output::new(settings).error(&error);
        }
        process::exit(error.exit.into());
    };
    LAST_WORD.store(false, Ordering::SeqCst);
    let _ = thread::Builder::new().name("signals".into()).spawn(watch);
}

/// Set by the thread that says why the program ends: it is said once.
static LAST_WORD: AtomicBool = AtomicBool::new(false);

/// Returns on the one thread that says why the program ends; another one waits here for the end.
pub(super) fn claim_the_last_word() {
    while LAST_WORD.swap(true, Ordering::SeqCst) {
        thread::park();
    }
}

/// Goes on with a command after a signal while an append of it is in flight, for a bounded time or until the next signal.
pub(super) async fn await_append_in_flight(app: &App, mut command: Pin<&mut impl Future>) {
    if !app.record.is_in_flight() {
        return;
    }
    let _uncut = Uncut::begin();
    let answered = poll_fn(|context| {
        let ended = command.as_mut().poll(context).is_ready();
        if ended || !app.record.is_in_flight() { Poll::Ready(()) } else { Poll::Pending }
    });
    tokio::select! {
        biased;
        _ = interrupted() => {}
        () = answered => {}
        () = tokio::time::sleep(app.timeout().min(LONGEST_WAIT)) => {}
    }
}

/// How many are taking away what they have made on a server.
static TIDYING_UP: AtomicUsize = AtomicUsize::new(0);

/// Does something that a signal does not cut: what was made elsewhere would be left behind.
pub(super) fn uncut<T>(work: impl FnOnce() -> T) -> T {
    let _uncut = Uncut::begin();
    work()
}

/// While it lives, one signal alone does not cut what is done.
pub(super) struct Uncut(());

impl Uncut {
    pub(super) fn begin() -> Self {
        TIDYING_UP.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Uncut {
    fn drop(&mut self) {
        TIDYING_UP.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn tidied_up() {
    while TIDYING_UP.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes a write beyond the limit of file sizes (`ulimit -f`) an error from now on, where it would end the program. Within a
/// runtime.
pub(super) fn size_limit_is_an_error() {
    #[cfg(unix)]
    {
        let limit = tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        // The handler stays when this goes away. Without it the program ends as the system says.
        let _ = tokio::signal::unix::signal(limit);
    }
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
