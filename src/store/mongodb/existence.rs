//! The existence of the store: found for reads, and created or migrated for writes.

use std::sync::atomic::Ordering;

use crate::store::backend::Init;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::schema;
use crate::store::mongodb::schema::Marker;

/// Checks for a job that reads that the store exists.
///
/// # Errors
/// [`StoreError::NoStore`] when it does not.
pub(crate) async fn check_exists(connection: &Connection) -> Result<(), StoreError> {
    if connection.found.load(Ordering::Relaxed) {
        return Ok(());
    }
    match schema::read_marker(connection).await? {
        Marker::Ready | Marker::Older(_) => connection.found.store(true, Ordering::Relaxed),
        Marker::Unfinished | Marker::Missing => return Err(StoreError::NoStore(connection.place.to_string())),
    }
    Ok(())
}

/// Creates or migrates the store for a job that writes.
///
/// # Errors
/// [`StoreError::Replaced`] when a store that this process has seen is missing: it is not created again.
pub(crate) async fn create(connection: &Connection, last_seen: Option<LastSeen>) -> Result<Init, StoreError> {
    if connection.current.load(Ordering::Relaxed) {
        return Ok(Init::Found);
    }
    let done = match schema::read_marker(connection).await? {
        Marker::Ready => Init::Found,
        Marker::Older(from) => schema::migrate(connection, from).await?,
        Marker::Unfinished | Marker::Missing => match last_seen {
            Some(seen) => return Err(seen.not_in(&connection.place)),
            None => schema::create(connection).await?,
        },
    };
    connection.found.store(true, Ordering::Relaxed);
    connection.current.store(true, Ordering::Relaxed);
    Ok(done)
}

/// Creates the store again if it was removed.
pub(crate) async fn create_again(connection: &Connection, last_seen: Option<LastSeen>) -> Result<Init, StoreError> {
    connection.current.store(false, Ordering::Relaxed);
    create(connection, last_seen).await
}

/// Returns true if the store has an older schema version.
pub(crate) async fn is_older(connection: &Connection) -> Result<bool, StoreError> {
    Ok(matches!(schema::read_marker(connection).await?, Marker::Older(_)))
}
