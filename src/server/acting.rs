//! What a caller may do with which thing: a player moves only for itself, an owner touches only what it owns.
//!
//! Documents belong to nobody; who changed one is recorded as the client of the token.

use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::event::Version;
use crate::ops::OpsError;
use crate::ops::games::seed_for;
use crate::ops::replay::PointInTime;
use crate::ops::show_resource::show_resource;
use crate::runtime::CommandEnvelope;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Server;

/// Lets a command pass that the caller may send, completed by what only the server knows.
///
/// # Errors
/// It is a command of somebody else (403), or as the store says.
pub(super) async fn only_as_itself(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope) -> Result<(), Problem> {
    let Value::Object(payload) = &mut envelope.payload else { return Ok(()) };
    match envelope.command.as_str() {
        "game.create" => seed(server, caller, &envelope.id, payload).await,
        command if command.starts_with("game.") => own(caller, payload, "player_id"),
        "resource.create" => own(caller, payload, "owner_id"),
        command if command.starts_with("resource.") => owned(server, caller, envelope).await,
        _ => Ok(()),
    }
}

/// Whether the server draws the seed of a new game.
pub(super) fn draws_seed(envelope: &CommandEnvelope) -> bool {
    envelope.command == "game.create" && envelope.payload.get("seed").is_none()
}

/// Who knows the seed knows the decks, so players do not choose it.
async fn seed(server: &Server, caller: &Caller, id: &str, payload: &mut Map<String, Value>) -> Result<(), Problem> {
    if payload.contains_key("seed") {
        let hint = "leave it out: the server draws one";
        let forbidden = || Problem::forbidden("seed_not_allowed", "only administrators may choose the seed of a game").hint(hint);
        return if caller.is_trusted() { Ok(()) } else { Err(forbidden()) };
    }
    // The one that it was created with, where it was: sent again, the command must be the same one.
    let seed = seed_for(&server.store, id, Uuid::new_v4()).await?;
    payload.insert("seed".to_owned(), seed.into());
    Ok(())
}

/// What names somebody names the caller, unless another one is named that the caller may act for.
fn own(caller: &Caller, payload: &mut Map<String, Value>, field: &str) -> Result<(), Problem> {
    match (payload.get(field), &caller.acts_as) {
        (Some(Value::String(name)), _) => caller.must_be(name),
        (None, Some(name)) => {
            payload.insert(field.to_owned(), name.clone().into());
            Ok(())
        }
        // What is no name is for the domain to refuse.
        _ => Ok(()),
    }
}

/// The resource is the caller's own. A resource never changes its owner, so this still holds when the command is decided.
async fn owned(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope) -> Result<(), Problem> {
    if caller.is_trusted() {
        return Ok(());
    }
    match show_resource(&server.store, &envelope.id, PointInTime::Head, (server.clock)()).await {
        Ok(resource) => caller.must_be(resource.state["owner_id"].as_str().unwrap_or_default()),
        // The command itself says so; and it does not go to one that somebody creates meanwhile.
        Err(OpsError::NotFound { .. }) => {
            envelope.options.expected = Some(Version::ZERO);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
