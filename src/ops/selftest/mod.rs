//! The selftest: writers and readers work on a store at the same time, everything is recorded, and a checker without access to the
//! store compares the record with each promise.
//!
//! It fills the store that it is given, so the store must be a scratch area.

mod check;
mod history;
mod observe;
mod promise;
mod reader;
mod report;
mod run;
mod trail;
mod writer;

pub use check::CheckResult;
pub use check::check;
pub use history::AppendAttempt;
pub use history::Journal;
pub use history::Notebook;
pub use history::ReaderLog;
pub use history::Reread;
pub use history::SelftestHistory;
pub use history::SentEvent;
pub use history::StoredEvent;
pub use observe::observe;
pub use promise::BrokenPromise;
pub use promise::Promise;
pub use promise::PromiseResult;
pub use report::AnswerCounts;
pub use report::SelftestReport;
pub use run::Opener;
pub use run::READERS;
pub use run::SelftestRun;
pub use run::WRITERS;
pub use run::pause_for;
pub use run::run;
pub use writer::LoadWriter;

use crate::ops::error::OpsError;

/// Runs the load until it is stopped, and checks each promise. `progress` gets the number of newly acknowledged events. A broken
/// promise is part of the report, not an error.
pub async fn selftest(input: &SelftestRun<'_>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<SelftestReport, OpsError> {
    let mut history = run(input, progress).await?;
    let store = (input.open)()?;
    observe(&store, &mut history).await?;
    let result = check(&history);
    Ok(SelftestReport::of(store.kind(), store.place(), &history, result))
}
