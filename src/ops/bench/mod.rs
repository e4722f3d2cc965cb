//! How fast a store is, beside the bare database doing the same work in the same run.
//!
//! The only use cases that measure time themselves: it is what they are for. They fill the store they are
//! given, so it must be a scratch store.

mod append;
mod commands;
mod generate;
mod memory;
mod read;
mod report;
mod serve;

pub use append::AppendBench;
pub use append::bench_append;
pub use commands::bench_commands;
pub use read::PASSES;
pub use read::ReadBench;
pub use read::bench_project;
pub use read::bench_read;
pub use read::bench_replay;
pub use report::BenchReport;
pub use report::BesideScan;
pub use report::Commands;
pub use report::Grouping;
pub use report::Latency;
pub use serve::CommandsReport;
pub use serve::FanOutReport;
pub use serve::ServeBench;
pub use serve::ServeReport;
pub use serve::SlowClientReport;
pub use serve::Target;
pub use serve::bench_serve;

use crate::runtime::Clock;
use crate::store::Bare;
use crate::store::Store;

/// What is measured, and told how far it is.
pub struct Bench<'a> {
    /// A scratch store: it is filled with events.
    pub store: Store,
    /// The bare database under it.
    pub bare: Box<dyn Bare>,
    /// The clock for what is recorded.
    pub clock: Clock,
    /// Told how many events more were written or read.
    pub progress: &'a mut (dyn FnMut(u64) + Send),
}
