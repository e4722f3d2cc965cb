//! Sending a command for a caller: what HTTP and WebSocket do alike.
//!
//! A command that was taken runs to its end, also when the client hangs up or the server stops meanwhile.

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
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::acting;
use crate::server::activity::Command;
use crate::server::limits::timeout::Deadline;
use crate::server::sight::Sight;

/// The longest idempotency key or correlation id, in bytes: both are recorded with every event.
pub(in crate::server) const MAX_KEY_BYTES: usize = 1024;

/// A wish of a client.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CommandRequest {
    /// The command, as the command bus knows it.
    #[schema(example = "resource.allocate")]
    pub command: String,
    /// Which one; may stand in `with` as well. A new one is made up for what is created without.
    #[schema(example = "gold")]
    pub id: Option<String>,
    /// What the command says.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"amount": 100}))]
    pub with: Map<String, Value>,
    /// Where the stream must be; otherwise wherever it is.
    pub expect_version: Option<u64>,
    /// The idempotency key. Its scope is the stream: a command that is sent twice with it counts once, and another command
    /// with it is a conflict.
    pub command_id: Option<String>,
    /// What it belongs to; `esctl trace` shows all of one.
    pub correlation_id: Option<String>,
    /// The id of the event that caused it.
    pub causation_id: Option<String>,
}

impl Server {
    /// Sends a command for a caller, and waits until it is done; what the caller may not see of the outcome is left out.
    ///
    /// # Errors
    /// The caller may not do this, the command cannot be, a rule says no, or nobody knows in time what became of it.
    pub(super) async fn send(
        &self,
        caller: &Caller,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, Problem> {
        // Whoever sends a player's command sees what that player sees.
        let player = request.with.get("player_id").and_then(Value::as_str);
        let sight = Sight::of(caller, player, false).unwrap_or_else(|_| Sight::plain(caller));
        self.send_as(caller, &sight, request, deadline).await
    }

    /// The same for a caller who looks in a way of their own.
    ///
    /// # Errors
    /// As [`Server::send`].
    pub(super) async fn send_as(
        &self,
        caller: &Caller,
        sight: &Sight,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, Problem> {
        let (command, id) = (request.command.clone(), id_in(&request).unwrap_or_default().to_owned());
        let is_keyed = request.command_id.is_some();
        let result = self.decide(caller, sight, request, deadline).await;
        let result = result.map_err(|problem| if is_keyed { problem } else { problem.of_command_without_key() });
        let id = result.as_ref().map_or(id.as_str(), |outcome| outcome.id.as_str());
        let command = Command { name: &command, id, client_id: &caller.client_id };
        self.activity.note(command, result.as_ref().err(), (self.clock)());
        result
    }

    async fn decide(
        &self,
        caller: &Caller,
        sight: &Sight,
        request: CommandRequest,
        deadline: Deadline,
    ) -> Result<CommandOutcome, Problem> {
        caller.may(Scope::Write)?;
        if self.is_stopping() {
            return Err(Problem::stopping());
        }
        let asked = envelope(caller, request, self.settings.retry_for)?;
        let mut first = true;
        loop {
            let mut envelope = asked.clone();
            let checked = timeout_at(deadline.0, acting::only_as_itself(self, caller, &mut envelope)).await;
            checked.map_err(|_| Problem::unavailable("timeout", "the store did not answer in time; nothing was done"))??;
            let bus = self.commands.clone();
            let sent = self.tasks.spawn(async move { bus.send(&envelope).await });
            let done = timeout_at(deadline.0, sent).await;
            // Out of time, or it panicked: it may have been written.
            let done = done.map_err(|_| Problem::outcome_unknown())?.map_err(|_| Problem::outcome_unknown())?;
            match done {
                // Of two that create the same game at once, the second one drew another seed. Now the game is there.
                Err(RuntimeError::KeyReused { .. }) if first && acting::draws_seed(&asked) => first = false,
                done => return Ok(sight.outcome(done?)?),
            }
        }
    }
}

fn envelope(caller: &Caller, request: CommandRequest, retry_for: Duration) -> Result<CommandEnvelope, Problem> {
    let id = id_of(&request, &caller.client_id)?;
    for (name, text) in [
        ("the idempotency key", &request.command_id),
        ("the correlation id", &request.correlation_id),
        ("the causation id", &request.causation_id),
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

/// The id that was given, here or there, whatever it is worth.
fn id_in(request: &CommandRequest) -> Option<&str> {
    request.id.as_deref().or_else(|| request.with.get("id").and_then(Value::as_str))
}

/// The id that was given, here or there; a new one for what is created.
fn id_of(request: &CommandRequest, client_id: &str) -> Result<String, Problem> {
    let inside = match request.with.get("id") {
        None => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => return Err(Problem::bad_request("bad_request", "the id in \"with\" must be a string")),
    };
    match (&request.id, inside) {
        (Some(id), Some(other)) if id != other => {
            let message = format!("the id is \"{id}\" in one place and \"{other}\" in the other");
            Err(Problem::bad_request("bad_request", message))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id.clone()),
        (None, None) if request.command.ends_with(".create") => Ok(made_id(request, client_id)),
        (None, None) => Err(Problem::bad_request("bad_request", "no id: which one is the command for?")),
    }
}

/// A new id; the same one again for the same idempotency key of the same client, or the key would create twice.
fn made_id(CommandRequest { command, command_id, .. }: &CommandRequest, client_id: &str) -> String {
    match command_id {
        Some(key) => Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{command}\0{client_id}\0{key}").as_bytes()).to_string(),
        None => new_id().to_string(),
    }
}

fn can_be_recorded(name: &str, text: &str) -> Result<(), Problem> {
    let wrong = match text {
        text if text.trim().is_empty() => "is empty",
        text if text.len() > MAX_KEY_BYTES => "is too long",
        text if text.chars().any(is_unsafe) => "holds what is not printable",
        _ => return Ok(()),
    };
    Err(Problem::bad_request("bad_request", format!("{name} {wrong}")))
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
