//! The running program, so that another thread can end the process if it takes too long.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// A run of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningProgram {
    /// The unique number of the run.
    pub run: u64,
    /// The name of the program.
    pub program: Arc<str>,
}

/// The number of runs that were started.
static RUNS: AtomicU64 = AtomicU64::new(0);
/// The run that was started last, if it still runs.
static CURRENT: Mutex<Option<RunningProgram>> = Mutex::new(None);

/// Returns the running program; of several, the one that was started last.
pub fn running() -> Option<RunningProgram> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns the number of runs that were started.
pub fn runs() -> u64 {
    RUNS.load(Ordering::Relaxed)
}

/// Counts a run that is too short to be watched.
pub(super) fn count_run() {
    RUNS.fetch_add(1, Ordering::Relaxed);
}

/// Starts a run, which ends when the returned guard is dropped.
pub(super) fn begin(program: &Arc<str>) -> RunGuard {
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let run = RUNS.fetch_add(1, Ordering::Relaxed) + 1;
    *current = Some(RunningProgram { run, program: Arc::clone(program) });
    RunGuard { run }
}

/// A guard of a run in progress.
pub(super) struct RunGuard {
    run: u64,
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| current.run == self.run) {
            *current = None;
        }
    }
}
