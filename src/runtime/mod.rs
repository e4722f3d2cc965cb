//! Load, decide, append, retry; the command bus and the query bus; projections; snapshots.
//!
//! Here the pure domains meet the store. Time and identity come in as arguments.

mod application;
mod caveat;
mod command_bus;
mod control;
mod definition;
mod document_changes;
mod document_store;
mod error;
mod idempotency;
mod load;
mod new_events;
mod observer;
mod past;
mod projector;
mod query;
mod query_bus;
mod replay;
mod repository;
mod retries;
mod snapshots;
mod stream_queue;
mod stream_state;
mod write_options;
mod writer;

pub use caveat::Caveat;
pub use command_bus::CommandBus;
pub use command_bus::CommandEnvelope;
pub use command_bus::CommandOutcome;
pub use command_bus::system_clock;
pub use control::Control;
pub use control::OnError;
pub use control::Paused;
pub use control::Runner;
pub use control::beat;
pub use control::forget_silent_runners;
pub use control::leave;
pub use control::pause;
pub use control::resume;
pub use control::set_on_error;
pub use definition::Definition;
pub use definition::Unreadable;
pub use definition::definitions;
pub use definition::is_built_in;
pub use document_changes::DocumentChange;
pub use document_changes::DocumentChanges;
pub use document_store::DocumentStore;
pub use document_store::Stored;
pub use document_store::Updated;
pub use error::RuntimeError;
pub use idempotency::key_event_id;
pub use load::LoadOptions;
pub use load::Loaded;
pub use load::PassedOver;
pub(crate) use load::apply;
pub use load::load;
pub(crate) use load::load_to_report;
pub use load::version_at;
pub use new_events::OutcomeEvent;
pub use observer::CommandObserver;
pub use observer::ConflictReason;
pub use past::PastReadModel;
pub use projector::BatchSize;
pub use projector::OnProgress;
pub use projector::Projector;
pub use projector::Released;
pub use projector::RunReport;
pub use projector::check_belongs;
pub use query::Answer;
pub use query::Query;
pub use query::QueryRow;
pub(crate) use query::has;
pub use query_bus::QueryBus;
pub use replay::replay_all;
pub use repository::Repository;
pub use snapshots::DEFAULT_SNAPSHOT_EVERY;
pub use snapshots::SnapshotPolicy;
pub use snapshots::take_snapshot;
pub use write_options::DEFAULT_RETRY_FOR;
pub use write_options::WriteOptions;
pub use writer::CommandResult;

use std::sync::Arc;

use crate::event::Timestamp;

/// Where the moment of deciding comes from: the system's clock, or one that a scenario moves.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
