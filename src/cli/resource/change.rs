//! The commands `esctl resource allocate|add|lock|unlock`, which change a resource that exists.

use clap::Args;
use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::arg_values::amount;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::when::DURATION_FORM;
use crate::cli::when::WhenError;
use crate::cli::when::parse_duration;
use crate::cli::write;
use crate::cli::write::WriteArgs;

/// Take an amount out of a resource
#[derive(Debug, Args)]
pub struct ResourceAllocateArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    /// Amount to take
    #[arg(value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// Reason, recorded with the event
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Put an amount into a resource, up to its maximum
#[derive(Debug, Args)]
pub struct ResourceAddArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    /// Amount to put in
    #[arg(value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// Reason, recorded with the event
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Lock a resource, so that it rejects allocations and additions
#[derive(Debug, Args)]
pub struct ResourceLockArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    /// Duration of the lock: 90s, 5m, 1h30m
    #[arg(long = "for", value_name = "DURATION", default_value = "5m", value_parser = lock_duration, allow_hyphen_values = true)]
    duration: String,
    /// Reason, recorded with the event
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Unlock a resource
#[derive(Debug, Args)]
pub struct ResourceUnlockArgs {
    /// Id of the resource
    #[arg(add = NameSource::ids_of("resource"))]
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// Parses a duration for the domain, for clap. The domain rejects one that is not positive.
fn lock_duration(text: &str) -> Result<String, WhenError> {
    if text.parse::<SignedDuration>().is_ok() {
        return Ok(text.to_owned());
    }
    // Days and weeks too, as everywhere on the command line.
    let duration = parse_duration(text)?;
    let duration = SignedDuration::try_from(duration);
    duration.map(|duration| duration.to_string()).map_err(|_| WhenError::new(text, "is too long", DURATION_FORM))
}

impl ResourceAllocateArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "amount": self.amount }), self.reason);
        write::send(app, &self.write, "resource.allocate", &self.id, payload).await
    }
}

impl ResourceAddArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "amount": self.amount }), self.reason);
        write::send(app, &self.write, "resource.add", &self.id, payload).await
    }
}

impl ResourceLockArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "for": self.duration }), self.reason);
        write::send(app, &self.write, "resource.lock", &self.id, payload).await
    }
}

impl ResourceUnlockArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        write::send(app, &self.write, "resource.unlock", &self.id, json!({})).await
    }
}

fn with_reason(mut payload: Value, reason: Option<String>) -> Value {
    if let Some(reason) = reason {
        payload["reason"] = reason.into();
    }
    payload
}
