//! Ending when somebody asks for it: Ctrl-C, or a polite request to terminate.

use std::future::pending;
use std::future::poll_fn;
use std::pin::Pin;
use std::process;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::output::Settings;

/// How long after a signal the program may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);
/// The longest wait after a signal for a write in flight; less where an answer of the store may take less.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two looks whether everything has been taken away.
const PAUSE: Duration = Duration::from_millis(20);
/// The time between two looks for a moment without a write in flight.
const TICK: Duration = Duration::from_millis(1);

/// The signals that this process got, in their order.
static RECEIVED: LazyLock<watch::Sender<Vec<Signal>>> = LazyLock::new(|| watch::channel(Vec::new()).0);

/// A request to end.
#[derive(Debug, Clone, Copy)]
enum Signal {
    Interrupt,
    Terminate,
}

impl From<Signal> for CliError {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::interrupted("interrupted"),
            Signal::Terminate => Self::terminated("terminated"),
        }
    }
}

/// Takes signals from now on: none that comes after this returns is lost or ends the program without a word.
///
/// A thread of its own ends the program when it does not end by itself soon after the given number of signals: while it waits
/// for its stdin, or for the reader of its stdout, nothing else runs on its thread. Nothing is lost by that: a transaction of a
/// store is whole or not there.
pub(super) fn take(settings: Settings, signals: usize, told: impl FnOnce(CliError) -> CliError + Send + 'static) {
    LAST_WORD.store(false, Ordering::SeqCst);
    let (ready, is_ready) = mpsc::channel();
    let watch = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // Without it a signal ends the program as the system says.
        let Ok(runtime) = runtime else { return };
        let error = runtime.block_on(async {
            let receiver = Receiver::new()?;
            tokio::spawn(receiver.run());
            let _ = ready.send(());
            let error = nth(signals).await;
            tokio::time::sleep(GRACE).await;
            // One more signal asks for an end without a wait.
            tokio::select! {
                () = tidied_up() => {}
                _ = nth(signals + 1) => {}
            }
            Some(error)
        });
        let Some(error) = error.map(told) else { return };
        if LAST_WORD.swap(true, Ordering::SeqCst) {
            // The program is ending by itself, and says why.
            thread::sleep(GRACE);
        } else {
            output::give_back();
            Output::new(settings).error(&error);
        }
        process::exit(error.exit.into());
    };
    if thread::Builder::new().name("signals".into()).spawn(watch).is_ok() {
        // An error means that no handler was set.
        let _ = is_ready.recv();
    }
}

/// Set by the thread that says why the program ends: it is said once.
static LAST_WORD: AtomicBool = AtomicBool::new(false);

/// Returns on the one thread that says why the program ends; another one waits here for the end.
pub(super) fn claim_the_last_word() {
    while LAST_WORD.swap(true, Ordering::SeqCst) {
        thread::park();
    }
}

/// Goes on with a command after a signal while a write of it is in flight, for a bounded time or until the next signal.
pub(super) async fn await_write_in_flight(app: &App, mut command: Pin<&mut impl Future>) {
    if !app.record.is_in_flight() {
        return;
    }
    let answered = poll_fn(|context| {
        let ended = command.as_mut().poll(context).is_ready();
        if ended || !app.record.is_in_flight() { Poll::Ready(()) } else { Poll::Pending }
    });
    bounded(app, answered).await;
}

/// Waits after a signal until no write of a task is in flight, for a bounded time or until the next signal.
pub(super) async fn await_writes_of_tasks(app: &App) {
    let answered = async {
        while app.record.is_in_flight() {
            tokio::time::sleep(TICK).await;
        }
    };
    bounded(app, answered).await;
}

async fn bounded(app: &App, answered: impl Future<Output = ()>) {
    let _uncut = Uncut::begin();
    tokio::select! {
        biased;
        _ = nth(2) => {}
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

/// Waits for the first Ctrl-C or polite request to end, also where it came before.
pub(super) async fn interrupted() -> CliError {
    nth(1).await
}

/// Waits for a request to end by its number, the first being 1, also where it came before.
pub(super) async fn nth(number: usize) -> CliError {
    let mut received = RECEIVED.subscribe();
    let signal = received.wait_for(|signals| signals.len() >= number).await.map(|signals| signals.get(number - 1).copied());
    match signal {
        Ok(Some(signal)) => signal.into(),
        // The sender is never gone.
        _ => pending().await,
    }
}

/// The handlers of this process.
struct Receiver {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Receiver {
    /// Sets the handlers.
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
    async fn run(#[allow(unused_mut)] mut self) {
        loop {
            #[cfg(unix)]
            let signal = tokio::select! {
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.terminate.recv() => Signal::Terminate,
            };
            #[cfg(not(unix))]
            let signal = match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(_) => return,
            };
            RECEIVED.send_modify(|signals| signals.push(signal));
        }
    }
}
