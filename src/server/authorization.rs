//! The decision on which commands a caller may send. Each domain declares the permission that its commands need.

use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::domain;
use crate::domain::Permission;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::Reducer;
use crate::ops::games::seed_for;
use crate::runtime::CommandEnvelope;
use crate::runtime::LoadOptions;
use crate::runtime::load;
use crate::server::Caller;
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;

/// Checks that the caller may send a command, and adds what only the server knows.
///
/// # Errors
/// Forbidden if the command acts for another player or owner, or needs an administrator.
pub(super) async fn authorize(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope) -> Result<(), HttpProblem> {
    let permission = permission(&envelope.command);
    if permission == Permission::Administrator {
        caller.may(Scope::Admin)?;
    }
    let Value::Object(payload) = &mut envelope.payload else { return Ok(()) };
    match permission {
        Permission::Anyone | Permission::Administrator => Ok(()),
        Permission::ActsAs(field) => own(caller, payload, field),
        Permission::Owner(field) => owned(server, caller, envelope, field).await,
        Permission::Drawn(field) => seed(server, caller, &envelope.id, payload, field).await,
    }
}

/// Returns true if the server draws a field of the payload.
pub(super) fn is_drawn(envelope: &CommandEnvelope) -> bool {
    matches!(permission(&envelope.command), Permission::Drawn(field) if envelope.payload.get(field).is_none())
}

/// Returns the permission that a command needs. The command bus rejects one without a domain.
fn permission(command: &str) -> Permission {
    let domain = domain::of_category(category_of_command(command));
    domain.map_or(Permission::Anyone, |domain| (domain.access.command)(command))
}

fn category_of_command(command: &str) -> &str {
    command.split_once('.').map_or("", |(category, _)| category)
}

/// Sets the seed of a new game. The seed determines the decks, so players must not choose it.
async fn seed(
    server: &Server,
    caller: &Caller,
    id: &str,
    payload: &mut Map<String, Value>,
    field: &str,
) -> Result<(), HttpProblem> {
    if payload.contains_key(field) {
        let hint = "leave out the seed; the server draws one";
        let forbidden =
            || HttpProblem::forbidden("seed_not_allowed", "only administrators may choose the seed of a game").hint(hint);
        return if caller.is_trusted() { Ok(()) } else { Err(forbidden()) };
    }
    // A repeated command must be identical, so it gets the seed that the game was created with.
    let seed = seed_for(&server.store, id, Uuid::new_v4()).await?;
    payload.insert(field.to_owned(), seed.into());
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

/// Checks that the caller acts as the owner in a field of the state. An owner never changes, so this still holds when the
/// command is decided.
async fn owned(server: &Server, caller: &Caller, envelope: &mut CommandEnvelope, field: &str) -> Result<(), HttpProblem> {
    if caller.is_trusted() {
        return Ok(());
    }
    let stream = StreamName::of(category_of_command(&envelope.command), &envelope.id)?;
    let mut fold = Reducer::Own.fold(&stream)?;
    load(&server.store, &stream, &mut *fold, LoadOptions::default()).await?;
    match fold.show((server.clock)()) {
        // The command reports it. The expected version keeps it from a stream that is created in the meantime.
        Value::Null => {
            envelope.options.expected = Some(Version::ZERO);
            Ok(())
        }
        state => caller.must_be(state[field].as_str().unwrap_or_default()),
    }
}
