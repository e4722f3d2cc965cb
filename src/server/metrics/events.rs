//! Metrics of the store and of the command bus, counted as they happen.

use std::time::Duration;

use crate::aggregate::DecideError;
use crate::runtime::CommandObserver;
use crate::runtime::CommandOutcome;
use crate::runtime::CommandResult;
use crate::runtime::ConflictReason;
use crate::runtime::RuntimeError;
use crate::server::metrics::labels::CategoryLabel;
use crate::server::metrics::labels::CommandLabels;
use crate::server::metrics::labels::ReasonLabel;
use crate::server::metrics::server_metrics::ServerMetrics;
use crate::store::AppendRequest;
use crate::store::Appended;
use crate::store::Observer;
use crate::store::Outcome;
use crate::store::StoreError;

impl Observer for ServerMetrics {
    fn appended(&self, append: &AppendRequest, outcome: &Result<Appended, StoreError>, took: Duration) {
        let families = &self.0.families;
        families.append_seconds.observe(took.as_secs_f64());
        match outcome {
            Ok(appended) if appended.outcome == Outcome::Applied => {
                let category = CategoryLabel { category: append.stream.category().to_owned() };
                families.appended.get_or_create(&category).inc_by(appended.events.len() as u64);
            }
            Err(StoreError::OutcomeUnknown { .. }) => {
                families.outcome_unknown.inc();
            }
            _ => {}
        }
    }

    fn snapshot_kept(&self) {
        self.0.families.snapshots.inc();
    }
}

impl CommandObserver for ServerMetrics {
    fn answered(&self, command: Option<&'static str>, outcome: &Result<CommandOutcome, RuntimeError>, took: Duration) {
        let labels = CommandLabels { command: command.unwrap_or("unknown"), outcome: word(outcome) };
        self.0.families.commands.get_or_create(&labels).inc();
        self.0.families.command_seconds.observe(took.as_secs_f64());
    }

    fn conflict(&self, reason: ConflictReason) {
        let reason = match reason {
            ConflictReason::Version => "version",
            ConflictReason::Id => "id",
            ConflictReason::Contention => "contention",
        };
        self.0.families.conflicts.get_or_create(&ReasonLabel { reason }).inc();
    }
}

/// Returns the label of the outcome of a command.
fn word(outcome: &Result<CommandOutcome, RuntimeError>) -> &'static str {
    match outcome {
        Ok(done) => match done.outcome {
            CommandResult::Applied => "applied",
            CommandResult::AlreadyApplied => "already_applied",
            CommandResult::Unchanged => "unchanged",
            CommandResult::DryRun => "dry_run",
        },
        Err(RuntimeError::Decide(DecideError::Rejected(_))) => "rejected",
        Err(RuntimeError::Decide(_) | RuntimeError::Name(_) | RuntimeError::Json(_)) => "invalid",
        Err(RuntimeError::Store(StoreError::Conflict { .. } | StoreError::IdConflict { .. })) => "conflict",
        Err(RuntimeError::RetriesExhausted { .. } | RuntimeError::KeyReused { .. }) => "conflict",
        Err(RuntimeError::Store(StoreError::Invalid(_))) => "invalid",
        Err(RuntimeError::Store(StoreError::OutcomeUnknown { .. })) => "outcome_unknown",
        Err(RuntimeError::Store(StoreError::Unavailable { .. })) => "unavailable",
        Err(_) => "failed",
    }
}
