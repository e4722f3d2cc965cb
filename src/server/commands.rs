//! Sending commands on behalf of a caller, for HTTP and WebSocket.
//!
//! An accepted command runs to its end, even if the client disconnects or the server stops.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use tokio::time::timeout_at;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::event::Version;
use crate::event::is_unsafe;
use crate::event::new_id;
use crate::runtime::CommandEnvelope;
use crate::runtime::CommandOutcome;
use crate::runtime::RuntimeError;
use crate::runtime::WriteOptions;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::activity::SentCommand;
use crate::server::authorization;
use crate::server::limits::timeout::Deadline;
use crate::server::visibility::Visibility;

/// Maximum length of an idempotency key or correlation id, in bytes. Both are recorded with every event.
pub(in crate::server) const MAX_KEY_BYTES: usize = 1024;

/// A command that a client sends.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CommandRequest {
    /// The name of the command.
    #[schema(example = "resource.allocate")]
    pub command: String,
    /// The id of the target. It may be in `with` instead. A command that creates something gets a new id if none is
    /// given.
    #[schema(example = "gold")]
    pub id: Option<String>,
    /// The payload of the command.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"amount": 100}))]
    pub with: Map<String, Value>,
    /// The expected version of the stream. Without it any version is accepted.
    pub expect_version: Option<u64>,
    /// The idempotency key. Its scope is the stream. A command that is repeated with the same key is applied once. A
    /// different command with the same key is a conflict.
    pub command_id: Option<String>,
    /// The correlation id. `esctl trace` shows all events that share it.
    pub correlation_id: Option<String>,
    /// The causation id: the event or command that led to this command.
    pub causation_id: Option<String>,
}

impl Server {
    /// Sends a command for a caller, waits for its outcome and returns the visible part of it.
    ///
    /// # Errors
    /// Forbidden, an invalid command, a rejection by the domain, or an unknown outcome after the deadline.
    pub(super) async fn send(
        &self,
        caller: &Caller,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, HttpProblem> {
        // The sender of a player's command sees what that player sees.
        let player = request.with.get("player_id").and_then(Value::as_str);
        let visibility = Visibility::of(caller, player, false).unwrap_or_else(|_| Visibility::plain(caller));
        self.send_as(caller, &visibility, request, deadline).await
    }

    /// Sends a command for a caller with a given visibility.
    ///
    /// # Errors
    /// As [`Server::send`].
    pub(super) async fn send_as(
        &self,
        caller: &Caller,
        visibility: &Visibility,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, HttpProblem> {
        let (command, id) = (request.command.clone(), id_in(&request).unwrap_or_default().to_owned());
        let is_keyed = request.command_id.is_some();
        let result = self.decide(caller, visibility, request, deadline).await;
        let result = result.map_err(|problem| if is_keyed { problem } else { problem.of_command_without_key() });
        let id = result.as_ref().map_or(id.as_str(), |outcome| outcome.id.as_str());
        let command = SentCommand { name: &command, id, client_id: &caller.client_id };
        self.activity.note(command, result.as_ref().err(), (self.clock)());
        result
    }

    async fn decide(
        &self,
        caller: &Caller,
        visibility: &Visibility,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, HttpProblem> {
        caller.may(Scope::Write)?;
        if self.is_stopping() {
            return Err(HttpProblem::stopping());
        }
        let asked = envelope(caller, request, self.settings.retry_for)?;
        let mut first = true;
        loop {
            let mut envelope = asked.clone();
            let checked = timeout_at(deadline.0, authorization::authorize(self, caller, &mut envelope)).await;
            checked
                .map_err(|_| HttpProblem::unavailable("timeout", "timed out waiting for the store; nothing was written"))??;
            let bus = self.commands.clone();
            let sent = self.tasks.spawn(async move { bus.send(&envelope).await });
            let done = timeout_at(deadline.0, sent).await;
            // After a timeout or a panic the events may have been recorded.
            let done = done.map_err(|_| HttpProblem::outcome_unknown())?.map_err(|_| HttpProblem::outcome_unknown())?;
            match done {
                // Of two concurrent commands that create the same game, the second one has drawn another seed. The game
                // exists now, and its seed is taken.
                Err(RuntimeError::KeyReused { .. }) if first && authorization::is_drawn(self, &asked) => first = false,
                done => return Ok(visibility.outcome(done?)?),
            }
        }
    }
}

fn envelope(caller: &Caller, request: CommandRequest, retry_for: Duration) -> Result<CommandEnvelope, HttpProblem> {
    let id = id_of(&request, &caller.client_id)?;
    for (name, text) in [
        ("idempotency key", &request.command_id),
        ("correlation id", &request.correlation_id),
        ("causation id", &request.causation_id),
    ] {
        text.as_deref().map_or(Ok(()), |text| can_be_recorded(name, text))?;
    }
    let options = WriteOptions {
        correlation_id: request.correlation_id,
        causation_id: request.causation_id,
        idempotency_key: request.command_id,
        expected: request.expect_version.map(Version),
        retry_for,
        ..WriteOptions::by(&caller.client_id)
    };
    Ok(CommandEnvelope::new(request.command, id, Value::Object(request.with), options))
}

/// Returns the id of a request, which may be in either place, without checking it.
fn id_in(request: &CommandRequest) -> Option<&str> {
    request.id.as_deref().or_else(|| request.with.get("id").and_then(Value::as_str))
}

/// Returns the id of a request, which may be in either place, or a new id for a command that creates something.
fn id_of(request: &CommandRequest, client_id: &str) -> Result<String, HttpProblem> {
    let inside = match request.with.get("id") {
        None => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(HttpProblem::bad_request("bad_request", "id in \"with\" must be a string")),
    };
    match (&request.id, inside) {
        (Some(id), Some(other)) if id != other => {
            let message = format!("conflicting ids: \"{id}\" in \"id\" and \"{other}\" in \"with\"");
            Err(HttpProblem::bad_request("bad_request", message))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id.clone()),
        (None, None) if request.command.ends_with(".create") => Ok(made_id(request, client_id)),
        (None, None) => Err(HttpProblem::bad_request("bad_request", "id missing")),
    }
}

/// Returns a new id. A client that repeats its idempotency key gets the same id, so nothing is created twice.
fn made_id(CommandRequest { command, command_id, .. }: &CommandRequest, client_id: &str) -> String {
    match command_id {
        Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{command}\0{client_id}\0{key}").as_bytes()).to_string(),
        None => new_id().to_string(),
    }
}

fn can_be_recorded(name: &str, text: &str) -> Result<(), HttpProblem> {
    let wrong = match text {
        text if text.trim().is_empty() => "is empty",
        text if text.len() > MAX_KEY_BYTES => "is too long",
        text if text.chars().any(is_unsafe) => "contains an unprintable character",
        _ => return Ok(()),
    };
    Err(HttpProblem::bad_request("bad_request", format!("{name} {wrong}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CommandRequest;
    use super::id_of;

    fn id(request: serde_json::Value) -> Option<String> {
        id_by("ann", request)
    }

    fn id_by(client_id: &str, request: serde_json::Value) -> Option<String> {
        id_of(&serde_json::from_value::<CommandRequest>(request).unwrap(), client_id).ok()
    }

    #[test]
    fn an_id_may_stand_in_either_place_but_not_two_ids() {
        assert_eq!(id(json!({"command": "a.b", "id": "x"})).as_deref(), Some("x"));
        assert_eq!(id(json!({"command": "a.b", "with": {"id": "x"}})).as_deref(), Some("x"));
        assert_eq!(id(json!({"command": "a.b", "id": "x", "with": {"id": "x"}})).as_deref(), Some("x"));
        assert_eq!(id(json!({"command": "a.b", "id": "x", "with": {"id": "y"}})), None);
        assert_eq!(id(json!({"command": "a.b", "with": {"id": 7}})), None);
        assert_eq!(id(json!({"command": "a.b"})), None);
    }

    #[test]
    fn what_is_created_gets_an_id_and_the_same_one_for_the_same_key() {
        let create = json!({"command": "a.create", "commandId": "k"});
        assert_eq!(id(create.clone()), id(create.clone()));
        assert_ne!(id(create.clone()), id_by("bob", create), "a key is one client's own");
        let create = json!({"command": "a.create"});
        assert_ne!(id(create.clone()), id(create));
    }
}
