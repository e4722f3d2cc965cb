//! The write options, and sending a command to the command bus, for every command that writes to a domain.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::cli::app::App;
use crate::cli::arg_values::token;
use crate::cli::arg_values::version;
use crate::cli::draw_write;
use crate::cli::error::CliError;
use crate::cli::output::Format;
use crate::cli::when::parse_duration;
use crate::event::Version;
use crate::runtime::CommandEnvelope;
use crate::runtime::CommandResult;
use crate::runtime::WriteOptions;

/// The correlation id and the causation id of a write.
#[derive(Debug, Clone, Default, Args)]
pub struct OriginArgs {
    /// Correlation id of the events; 'esctl trace' shows all events of one [default: the id of the first event]
    #[arg(long, value_name = "ID", value_parser = token)]
    pub correlation_id: Option<String>,
    /// Id of the event that caused this
    #[arg(long, value_name = "ID", value_parser = token)]
    pub causation_id: Option<String>,
}

/// The flags of every command that goes to the command bus.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Write options")]
pub struct WriteArgs {
    /// Fail (exit 4) unless the stream is at this version
    #[arg(long, value_name = "N", value_parser = version)]
    pub expect_version: Option<Version>,
    /// Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default:
    /// a new key]
    #[arg(long, value_name = "KEY", value_parser = token)]
    pub idempotency_key: Option<String>,
    /// Retry for this long when other programs change the stream; 0s disables retries
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration, allow_hyphen_values = true)]
    pub retry_for: Duration,
    /// Maximum number of retries [default: as many as --retry-for allows]
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
    /// Show the events that would be appended, and append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]
    #[arg(long, value_name = "N")]
    pub snapshot_every: Option<u64>,
    /// The correlation id and the causation id.
    #[command(flatten)]
    pub origin: OriginArgs,
}

impl WriteArgs {
    /// Adds an idempotency key if none was typed, so that this run can be repeated safely.
    #[must_use]
    pub fn keyed(mut self, app: &App) -> Self {
        if !self.dry_run {
            self.idempotency_key = Some(app.idempotency_key(self.idempotency_key.as_deref()));
        }
        self
    }

    /// Returns the envelope of a command.
    pub fn envelope(&self, app: &App, command: &str, id: &str, payload: Value) -> CommandEnvelope {
        let options = WriteOptions {
            client_id: app.client(),
            correlation_id: self.origin.correlation_id.clone(),
            causation_id: self.origin.causation_id.clone(),
            idempotency_key: self.idempotency_key.clone(),
            expected: self.expect_version,
            retry_for: self.retry_for,
            retries: self.retries,
            dry_run: self.dry_run,
            with_before: app.out.format() == Format::Table,
        };
        CommandEnvelope::new(command, id, payload, options)
    }
}

/// Sends a command and prints the outcome.
pub(super) async fn send(app: &App, write: &WriteArgs, command: &str, id: &str, payload: Value) -> Result<(), CliError> {
    let store = if write.dry_run { app.store()? } else { app.store_to_write()? };
    let write = write.clone().keyed(app);
    let bus = app.command_bus(&store, write.snapshot_every);
    let outcome = bus.send(&write.envelope(app, command, id, payload)).await?;
    if let (CommandResult::AlreadyApplied, Some(position)) = (outcome.outcome, outcome.position) {
        app.record.applied_before(&outcome.stream, outcome.version, position, outcome.events.len() as u64);
    }
    app.warn_clock_behind(outcome.clock_behind_micros);
    app.warn_left_out(&outcome.left_out);
    app.out.one(&outcome, |sheet| draw_write::draw_command(&outcome, app.out.settings(), app.now(), sheet))
}
