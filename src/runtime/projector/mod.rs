//! The projection runner: reads events in order, folds rows, and commits rows, failed events and checkpoint together.
//!
//! `runner.rs` has the parts of a runner, `catch_up.rs` brings a read model up to date or rebuilds it, `pass.rs` is one run
//! to the head, `event_batch.rs` has its events, `rows.rs` has its rows, `commit.rs` writes them, `failed_events.rs` has the
//! events that failed to apply, `release.rs` their retry and skip, `quarantine.rs` the effect of a quarantine on a read model,
//! and `in_memory.rs` is a run without writing.

mod catch_up;
mod commit;
mod event_batch;
mod failed_events;
mod in_memory;
mod pass;
mod quarantine;
mod release;
mod rows;
mod runner;

pub(in crate::runtime) use failed_events::EventFailures;
pub(in crate::runtime) use in_memory::InMemory;
pub use release::Released;
pub(in crate::runtime) use rows::FoldedRows;
pub use runner::BatchSize;
pub use runner::OnProgress;
pub use runner::Projector;
pub use runner::RunOptions;
pub use runner::RunReport;
pub use runner::check_belongs;
