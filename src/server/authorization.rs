//! The decision on which commands a caller may send: a player moves only for itself, and only the owner changes a
//! resource.
//!
//! Documents have no owner. The client of the token is recorded with each change.

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
use crate::server::HttpProblem;
use crate::server::Server;

/// Checks that the caller may send a command, and adds what only the server knows.
///
/// # Errors
/// Forbidden if the command acts for another player or owner.
pub(super) async fn authorize(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope) -> Result<(), HttpProblem> {
    let Value::Object(payload) = &mut envelope.payload else { return Ok(()) };
    match envelope.command.as_str() {
        "game.create" => seed(server, caller, &envelope.id, payload).await,
        command if command.starts_with("game.") => own(caller, payload, "player_id"),
        "resource.create" => own(caller, payload, "owner_id"),
        command if command.starts_with("resource.") => owned(server, caller, envelope).await,
        _ => Ok(()),
    }
}

/// Returns true if the server draws the seed of a new game.
pub(super) fn draws_seed(envelope: &CommandEnvelope) -> bool {
    envelope.command == "game.create" && envelope.payload.get("seed").is_none()
}

/// Sets the seed of a new game. The seed determines the decks, so players must not choose it.
async fn seed(server: &Server, caller: &Caller, id: &str, payload: &mut Map<String, Value>) -> Result<(), HttpProblem> {
    if payload.contains_key("seed") {
        let hint = "leave out the seed; the server draws one";
        let forbidden =
            || HttpProblem::forbidden("seed_not_allowed", "only administrators may choose the seed of a game").hint(hint);
        return if caller.is_trusted() { Ok(()) } else { Err(forbidden()) };
    }
    // A repeated command must be identical, so it gets the seed that the game was created with.
    let seed = seed_for(&server.store, id, Uuid::new_v4()).await?;
    payload.insert("seed".to_owned(), seed.into());
    Ok(())
}

/// Sets a missing name in a payload to the caller's own. A name that is given must be one that the caller may act for.
fn own(caller: &Caller, payload: &mut Map<String, Value>, field: &str) -> Result<(), HttpProblem> {
    match (payload.get(field), &caller.acts_as) {
        (Some(Value::String(name)), _) => caller.must_be(name),
        (None, Some(name)) => {
            payload.insert(field.to_owned(), name.clone().into());
            Ok(())
        }
        // The domain rejects a value that is not a name.
        _ => Ok(()),
    }
}

/// Checks that the caller owns the resource. A resource never changes its owner, so this still holds when the command
/// is decided.
async fn owned(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope) -> Result<(), HttpProblem> {
    if caller.is_trusted() {
        return Ok(());
    }
    match show_resource(&server.store, &envelope.id, PointInTime::Head, (server.clock)()).await {
        Ok(resource) => caller.must_be(resource.state["owner_id"].as_str().unwrap_or_default()),
        // The command reports it. The expected version keeps it from a resource that is created in the meantime.
        Err(OpsError::NotFound { .. }) => {
            envelope.options.expected = Some(Version::ZERO);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
