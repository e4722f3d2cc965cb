//! The decision on which commands a caller may send. Each domain declares the permission that its commands need.

use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::domain::Domain;
use crate::domain::Permission;
use crate::event::StreamName;
use crate::ops::seed::seed_for;
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
    let Some(domain) = server.commands.domain_of(&envelope.command) else { return Ok(()) };
    let permission = domain.access.permission(&envelope.command);
    if permission == Permission::Administrator {
        caller.may(Scope::Admin)?;
    }
    let Value::Object(payload) = &mut envelope.payload else { return Ok(()) };
    match permission {
        Permission::Anyone | Permission::Administrator => Ok(()),
        Permission::ActsAs(field) => own(caller, payload, field),
        Permission::Owner(field) => owned(server, caller, domain, envelope, field).await,
        Permission::Seed(field) => seed(server, caller, &StreamName::of(domain.category, &envelope.id)?, payload, field).await,
    }
}

/// Returns true if the server draws a seed for the command.
pub(super) fn is_drawn(server: &Server, envelope: &CommandEnvelope) -> bool {
    let permission = server.commands.domain_of(&envelope.command).map(|domain| domain.access.permission(&envelope.command));
    matches!(permission, Some(Permission::Seed(field)) if envelope.payload.get(field).is_none())
}

/// Sets the seed of random choices. It determines what comes, such as the decks of a game, so players must not choose it.
async fn seed(
    server: &Server,
    caller: &Caller,
    stream: &StreamName,
    payload: &mut Map<String, Value>,
    field: &str,
) -> Result<(), HttpProblem> {
    if payload.contains_key(field) {
        let hint = "leave out the seed; the server draws one";
        let forbidden = || HttpProblem::forbidden("seed_not_allowed", "only administrators may choose the seed").hint(hint);
        return if caller.is_trusted() { Ok(()) } else { Err(forbidden()) };
    }
    // A repeated command must be identical, so it gets the seed of the state.
    let seed = seed_for(&server.store, stream, field, Uuid::new_v4()).await?;
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
async fn owned(
    server: &Server,
    caller: &Caller,
    domain: &Domain,
    envelope: &mut CommandEnvelope,
    field: &str,
) -> Result<(), HttpProblem> {
    if caller.is_trusted() {
        return Ok(());
    }
    let stream = StreamName::of(domain.category, &envelope.id)?;
    let mut aggregate = (domain.aggregate)(stream.as_str());
    let loaded = load(&server.store, &stream, &mut *aggregate, LoadOptions::default()).await?;
    match aggregate.show((server.clock)()) {
        // There is nothing that has an owner. The domain decides, as long as that stays so.
        Value::Null => {
            envelope.options.expected.get_or_insert(loaded.version);
            Ok(())
        }
        state => caller.must_be(state[field].as_str().unwrap_or_default()),
    }
}
