//! The rules of a resource: a state and a command lead to an event or a rejection.

use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::resource::command::CreateResource;
use crate::domain::resource::command::ResourceCommand;
use crate::domain::resource::event::ResourceAdded;
use crate::domain::resource::event::ResourceAllocated;
use crate::domain::resource::event::ResourceCreated;
use crate::domain::resource::event::ResourceEvent;
use crate::domain::resource::event::ResourceLocked;
use crate::domain::resource::event::ResourceUnlocked;
use crate::domain::resource::rejection::ResourceRejection;
use crate::domain::resource::state::Resource;
use crate::event::Timestamp;
use crate::event::is_blank;
use crate::event::nfc;

/// Decides a command on a state.
pub(super) fn decide(
    resource: &Resource,
    id: &str,
    command: &ResourceCommand,
    now: Timestamp,
) -> Result<ResourceEvent, ResourceRejection> {
    match command {
        ResourceCommand::Create(wanted) => {
            if resource.exists() {
                return Err(ResourceRejection::Exists { id: id.to_owned() });
            }
            create(id, wanted, now)
        }
        _ if !resource.exists() => Err(ResourceRejection::NotFound { id: id.to_owned() }),
        ResourceCommand::Allocate { amount, reason } => allocate(resource, id, *amount, reason.clone(), now),
        ResourceCommand::Add { amount, reason } => add(resource, id, *amount, reason.clone(), now),
        ResourceCommand::Lock { duration, reason } => lock(resource, id, *duration, reason.clone(), now),
        ResourceCommand::Unlock => match resource.lock_at(now) {
            Some(_) => Ok(ResourceEvent::Unlocked(ResourceUnlocked {})),
            None => Err(ResourceRejection::NotLocked { id: id.to_owned() }),
        },
    }
}

fn create(id: &str, wanted: &CreateResource, now: Timestamp) -> Result<ResourceEvent, ResourceRejection> {
    for (field, text) in [("owner_id", &wanted.owner_id), ("resource_type", &wanted.resource_type)] {
        if is_blank(text) {
            return Err(ResourceRejection::Blank { id: id.to_owned(), field });
        }
    }
    let (amount, max) = (wanted.initial_amount, wanted.max_amount);
    if amount < 0 {
        return Err(ResourceRejection::AmountTooSmall { id: id.to_owned(), field: "initial_amount", value: amount, least: 0 });
    }
    if max < 1 {
        return Err(ResourceRejection::AmountTooSmall { id: id.to_owned(), field: "max_amount", value: max, least: 1 });
    }
    if amount > max {
        return Err(ResourceRejection::AmountAboveMax { id: id.to_owned(), amount, max });
    }
    let rate = wanted.regeneration_rate;
    if !rate.is_finite() || rate < 0.0 {
        return Err(ResourceRejection::InvalidRegenerationRate { id: id.to_owned(), rate });
    }
    Ok(ResourceEvent::Created(ResourceCreated {
        owner_id: nfc(&wanted.owner_id).into_owned(),
        resource_type: nfc(&wanted.resource_type).into_owned(),
        amount,
        max_amount: max,
        // Converts -0 to 0, as the canonical form does.
        regeneration_rate: rate + 0.0,
        metadata: wanted.metadata.clone(),
        last_regenerated: Some(now),
    }))
}

fn allocate(
    resource: &Resource,
    id: &str,
    amount: i64,
    reason: Option<String>,
    now: Timestamp,
) -> Result<ResourceEvent, ResourceRejection> {
    may_move(resource, id, amount, now)?;
    let before = resource.regenerate(now);
    if amount > before.amount {
        return Err(ResourceRejection::Insufficient { id: id.to_owned(), requested: amount, available: before.amount });
    }
    Ok(ResourceEvent::Allocated(ResourceAllocated {
        amount,
        new_amount: before.amount - amount,
        regenerated: before.regenerated,
        last_regenerated: Some(before.last_regenerated),
        regeneration_remainder: before.remainder,
        reason,
    }))
}

fn add(
    resource: &Resource,
    id: &str,
    amount: i64,
    reason: Option<String>,
    now: Timestamp,
) -> Result<ResourceEvent, ResourceRejection> {
    may_move(resource, id, amount, now)?;
    let before = resource.regenerate(now);
    let room = resource.max_amount.saturating_sub(before.amount).max(0);
    let added = amount.min(room);
    Ok(ResourceEvent::Added(ResourceAdded {
        amount: added,
        requested: amount,
        new_amount: before.amount + added,
        regenerated: before.regenerated,
        last_regenerated: Some(before.last_regenerated),
        regeneration_remainder: if added == room { 0 } else { before.remainder },
        reason,
    }))
}

fn lock(
    resource: &Resource,
    id: &str,
    duration: SignedDuration,
    reason: Option<String>,
    now: Timestamp,
) -> Result<ResourceEvent, ResourceRejection> {
    // A shorter lock would expire before it begins.
    let Some(length) = Duration::try_from(duration).ok().filter(|length| length.as_micros() > 0) else {
        return Err(ResourceRejection::InvalidDuration { id: id.to_owned(), duration });
    };
    unlocked(resource, id, now)?;
    Ok(ResourceEvent::Locked(ResourceLocked { reason, expiry: now.plus(length) }))
}

/// Checks the rules that taking and adding have in common.
fn may_move(resource: &Resource, id: &str, amount: i64, now: Timestamp) -> Result<(), ResourceRejection> {
    if amount < 1 {
        return Err(ResourceRejection::AmountTooSmall { id: id.to_owned(), field: "amount", value: amount, least: 1 });
    }
    unlocked(resource, id, now)
}

fn unlocked(resource: &Resource, id: &str, now: Timestamp) -> Result<(), ResourceRejection> {
    match resource.lock_at(now) {
        None => Ok(()),
        Some(expiry) => Err(ResourceRejection::Locked { id: id.to_owned(), reason: resource.lock_reason.clone(), expiry }),
    }
}
