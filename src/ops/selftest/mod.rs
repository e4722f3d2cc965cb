//! The promises of a store, tried against a very store: many write and read at once, everything is written down, and a
//! checker that knows no store holds what was written down against each promise.
//!
//! It fills the store that it is given, so it must be a scratch area.

mod check;
mod history;
mod observe;
mod promise;
mod reader;
mod report;
mod run;
mod trail;
mod writer;

pub use check::Verdict;
pub use check::check;
pub use history::Attempt;
pub use history::History;
pub use history::Journal;
pub use history::Notebook;
pub use history::Reading;
pub use history::Recorded;
pub use history::Reread;
pub use history::Sent;
pub use observe::observe;
pub use promise::Finding;
pub use promise::Promise;
pub use promise::Tried;
pub use report::Answers;
pub use report::SelftestReport;
pub use run::Opener;
pub use run::READERS;
pub use run::Run;
pub use run::WRITERS;
pub use run::pause_for;
pub use run::run;
pub use writer::Writer;

use crate::ops::error::OpsError;

/// Runs everything until it is told to stop, and says which promises held. `progress` is told how many events more have
/// been acknowledged.
///
/// # Errors
/// As the store says, where nothing can be tried. A broken promise is no error but a finding.
pub async fn selftest(input: &Run<'_>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<SelftestReport, OpsError> {
    let mut history = run(input, progress).await?;
    let store = (input.open)()?;
    observe(&store, &mut history).await?;
    let verdict = check(&history);
    Ok(SelftestReport::of(store.kind(), store.place(), &history, verdict))
}
