//! `esctl resource allocate|add|lock|unlock`: the commands on a resource that exists.

use clap::Args;
use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::Cell;
use crate::cli::output::Sheet;
use crate::cli::output::Tone;
use crate::cli::values::WriteArgs;
use crate::cli::values::amount;
use crate::cli::when::WhenError;
use crate::cli::when::parse_duration;
use crate::cli::write;
use crate::runtime::CommandOutcome;

/// Take an amount out of a resource
#[derive(Debug, Args)]
pub struct Allocate {
    /// Which resource
    id: String,
    /// How much
    #[arg(value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Put an amount into a resource, up to its maximum
#[derive(Debug, Args)]
pub struct Add {
    /// Which resource
    id: String,
    /// How much
    #[arg(value_parser = amount, allow_hyphen_values = true)]
    amount: i64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Lock a resource, so that nobody can allocate or add
#[derive(Debug, Args)]
pub struct Lock {
    /// Which resource
    id: String,
    /// For how long: 90s, 5m, 1h30m
    #[arg(long = "for", value_name = "DURATION", default_value = "5m", value_parser = lock_duration, allow_hyphen_values = true)]
    duration: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Unlock a resource
#[derive(Debug, Args)]
pub struct Unlock {
    /// Which resource
    id: String,
    #[command(flatten)]
    write: WriteArgs,
}

/// For clap: a duration as the domain reads it; what is not more than nothing is for the domain to refuse.
fn lock_duration(text: &str) -> Result<String, WhenError> {
    if text.parse::<SignedDuration>().is_ok() {
        return Ok(text.to_owned());
    }
    // Also in days and weeks, as everywhere else on the command line.
    let duration = parse_duration(text)?;
    let duration = SignedDuration::try_from(duration);
    duration
        .map(|duration| duration.to_string())
        .map_err(|_| WhenError::new(text, "is too long", "write it like 90s, 5m or 1h30m"))
}

impl Allocate {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "amount": self.amount }), self.reason);
        send(app, &self.write, "resource.allocate", &self.id, payload).await
    }
}

impl Add {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "amount": self.amount }), self.reason);
        send(app, &self.write, "resource.add", &self.id, payload).await
    }
}

impl Lock {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let payload = with_reason(json!({ "for": self.duration }), self.reason);
        send(app, &self.write, "resource.lock", &self.id, payload).await
    }
}

impl Unlock {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        send(app, &self.write, "resource.unlock", &self.id, json!({})).await
    }
}

fn with_reason(mut payload: Value, reason: Option<String>) -> Value {
    if let Some(reason) = reason {
        payload["reason"] = reason.into();
    }
    payload
}

/// Sends a command and prints what became of it and of the resource.
pub(super) async fn send(app: &App, write: &WriteArgs, command: &str, id: &str, payload: Value) -> Result<(), CliError> {
    write::send(app, write, command, id, payload, draw).await
}

fn draw(outcome: &CommandOutcome, sheet: &mut Sheet) {
    let state = &outcome.state;
    for note in &outcome.notes {
        sheet.field(note.code, Cell::new(&note.message).tone(Tone::Warn));
    }
    let (amount, max) = (&state["amount"], &state["max_amount"]);
    sheet.field("amount", format!("{amount} of {max}"));
    if state["is_locked"] == Value::Bool(true) {
        let expiry = state["lock_expiry"].as_str().unwrap_or_default();
        let reason = state["lock_reason"].as_str().map_or_else(String::new, |reason| format!(": {reason}"));
        sheet.field("locked", Cell::new(format!("until {expiry}{reason}")).tone(Tone::Warn));
    }
}
