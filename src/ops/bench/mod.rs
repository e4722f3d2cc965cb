//! Benchmarks of a store, compared with the bare database doing the same work in the same run.
//!
//! These use cases are the only ones that measure time. Those that fill the store that they are given need a scratch area.

mod append;
mod commands;
mod generate;
mod layout;
mod memory;
mod read;
mod report;
mod serve;
mod stream_order;

pub use append::AppendBench;
pub use append::bench_append;
pub use commands::bench_commands;
pub use layout::bench_layout;
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
pub use report::Spread;
pub use serve::CommandsReport;
pub use serve::FanOutReport;
pub use serve::ServeBench;
pub use serve::ServeReport;
pub use serve::SlowClientReport;
pub use serve::Target;
pub use serve::bench_serve;
pub use stream_order::usual_streams;

use crate::runtime::Clock;
use crate::store::Store;
use crate::store::baseline::Baseline;

/// The environment of a benchmark.
pub struct Bench<'a> {
    /// A store in a scratch area. Benchmarks fill it with events.
    pub store: Store,
    /// The bare database under it.
    pub baseline: Box<dyn Baseline>,
    /// The clock for the time of events.
    pub clock: Clock,
    /// Gets the number of events that were written or read since the last call.
    pub progress: &'a mut (dyn FnMut(u64) + Send),
}
