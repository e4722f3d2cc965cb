//! The running program, so that another thread can end the process if it takes too long.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// A run of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The unique number of the run.
    pub run: u64,
    /// The name of the program.
    pub program: Arc<str>,
}

struct CurrentRun {
    runs: u64,
    program: Option<Arc<str>>,
}

static CURRENT: Mutex<CurrentRun> = Mutex::new(CurrentRun { runs: 0, program: None });

/// Returns the running program; of several, the one that was started last.
pub fn running() -> Option<Running> {
    let state = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    state.program.clone().map(|program| Running { run: state.runs, program })
}

/// Returns the number of runs that were started.
pub fn runs() -> u64 {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner).runs
}

/// Starts a run, which ends when the returned guard is dropped.
pub(super) fn begin(program: &Arc<str>) -> RunGuard {
    let mut state = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    state.runs += 1;
    state.program = Some(Arc::clone(program));
    RunGuard { run: state.runs }
}

/// A guard of a run in progress.
pub(super) struct RunGuard {
    run: u64,
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        let mut state = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if state.runs == self.run {
            state.program = None;
        }
    }
}
