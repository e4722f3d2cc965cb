//! Work that one signal alone does not interrupt.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The interval between two checks for removals in progress.
const PAUSE: Duration = Duration::from_millis(20);

/// The number of removals in progress of what was created on a server.
static HOLDS: AtomicUsize = AtomicUsize::new(0);

/// Runs work that one signal alone does not interrupt, such as removing what was created on a server.
pub(super) fn hold_shutdown<T>(work: impl FnOnce() -> T) -> T {
    let _hold = ShutdownHold::begin();
    work()
}

/// A guard: while it lives, one signal alone does not interrupt the program.
pub(super) struct ShutdownHold(());

impl ShutdownHold {
    pub(super) fn begin() -> Self {
        HOLDS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for ShutdownHold {
    fn drop(&mut self) {
        HOLDS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until no such work is in progress.
pub(super) async fn until_released() {
    while HOLDS.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(PAUSE).await;
    }
}
