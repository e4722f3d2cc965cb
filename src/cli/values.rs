//! Values of arguments that several commands take, read in one way.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::when::parse_duration;
use crate::event::ExpectedVersion;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::is_unsafe;
use crate::runtime::CommandEnvelope;
use crate::runtime::WriteOptions;

/// For clap: a whole number as resources have them. 0 and less parse; the domain says no to them.
pub(super) fn amount(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("wanted a whole number up to {}", i64::MAX))
}

/// For clap: a version or a position, from 1.
pub(super) fn place(text: &str) -> Result<u64, String> {
    match text.parse::<i64>() {
        Ok(place) if place >= 1 => Ok(place.unsigned_abs()),
        _ => Err("wanted a whole number from 1".into()),
    }
}

/// For clap: a cursor: the version or position seen last; 0 means the beginning.
pub(super) fn cursor(text: &str) -> Result<u64, String> {
    match text.parse::<i64>() {
        Ok(place) if place >= 0 => Ok(place.unsigned_abs()),
        _ => Err("wanted a whole number from 0".into()),
    }
}

/// For clap: a version, from 0.
pub(super) fn version(text: &str) -> Result<Version, String> {
    match text.parse::<i64>() {
        Ok(version) if version >= 0 => Ok(Version(version.unsigned_abs())),
        _ => Err("wanted a version: 0, 1, 2 …".into()),
    }
}

/// For clap: how many, from 1.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    match text.parse::<u32>() {
        Ok(limit) if limit >= 1 => Ok(limit as usize),
        _ => Err("wanted a whole number from 1".into()),
    }
}

/// For clap: the name of a stream.
pub(super) fn stream(text: &str) -> Result<StreamName, String> {
    StreamName::parse(text).map_err(|error| error.to_string())
}

/// For clap: what a stream must be like.
pub(super) fn expected(text: &str) -> Result<ExpectedVersion, String> {
    ExpectedVersion::from_str(text).map_err(|error| error.to_string())
}

/// For clap: the id of an event.
pub(super) fn event_id(text: &str) -> Result<Uuid, String> {
    match Uuid::parse_str(text) {
        Ok(id) if id.is_nil() => Err("the nil UUID is no event id".into()),
        Ok(id) => Ok(id),
        Err(_) => Err("wanted a UUID like 018c2f5e-7a00-7000-8000-000000000001".into()),
    }
}

/// The longest idempotency key or client id, in bytes: both are recorded with every event.
const MAX_ID_BYTES: usize = 1024;

/// For clap: an idempotency key or who is asking.
pub(super) fn token(text: &str) -> Result<String, String> {
    match text {
        text if text.trim().is_empty() => Err("it is empty".into()),
        text if text.len() > MAX_ID_BYTES => Err(format!("it has {} bytes; at most {MAX_ID_BYTES} are allowed", text.len())),
        text => match text.chars().find(|c| is_unsafe(*c)) {
            Some(bad) => Err(format!("it holds U+{:04X}, which is not printable", u32::from(bad))),
            None => Ok(text.to_owned()),
        },
    }
}

/// For clap: a JSON object.
pub(super) fn json_object(text: &str) -> Result<Map<String, Value>, String> {
    let canonical = crate::event::JsonObject::parse(text).map_err(|error| error.to_string())?;
    serde_json::from_str(canonical.as_str()).map_err(|error| error.to_string())
}

/// What a write belongs to, and what caused it.
#[derive(Debug, Clone, Default, Args)]
pub struct OriginArgs {
    /// What the events belong to; 'esctl trace' shows all of one [default: the id of the first of them]
    #[arg(long, value_name = "ID", value_parser = token)]
    pub correlation_id: Option<String>,
    /// The id of the event that caused this
    #[arg(long, value_name = "ID", value_parser = token)]
    pub causation_id: Option<String>,
}

/// The flags of every command that goes to the command bus.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Write options")]
pub struct WriteArgs {
    /// Fail with 4 unless the stream is at this version
    #[arg(long, value_name = "N", value_parser = version)]
    pub expect_version: Option<Version>,
    /// Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time,
    /// and answers as the first did [default: a new key]
    #[arg(long, value_name = "KEY", value_parser = token)]
    pub idempotency_key: Option<String>,
    /// Retry for this long when other programs change the stream; 0s: not at all
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration, allow_hyphen_values = true)]
    pub retry_for: Duration,
    /// Maximum number of retries [default: as many as --retry-for allows]
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
    /// Only show the events that would be appended
    #[arg(long)]
    pub dry_run: bool,
    /// Take a snapshot every so many events of a stream; 0: never [default: 100]
    #[arg(long, value_name = "N")]
    pub snapshot_every: Option<u64>,
    /// What it belongs to, and what caused it.
    #[command(flatten)]
    pub origin: OriginArgs,
}

impl WriteArgs {
    /// Adds an idempotency key where none was typed, so that this run can be repeated safely.
    #[must_use]
    pub fn keyed(mut self, app: &App) -> Self {
        if !self.dry_run {
            self.idempotency_key = Some(app.idempotency_key(self.idempotency_key.as_deref()));
        }
        self
    }

    /// The envelope of a command.
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
        };
        CommandEnvelope::new(command, id, payload, options)
    }
}
