//! Events by their ids, through the index over all commits.

use std::collections::HashSet;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::RawBsonRef;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use uuid::Uuid;

use crate::event::Position;
use crate::event::RecordedEvent;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents;
use crate::store::mongodb::documents::summary;

/// The number of event ids in one request.
const IDS: usize = 5000;

fn ids_filter(ids: &[Uuid]) -> Document {
    let ids: Vec<Bson> = ids.iter().map(|id| Bson::from(BsonUuid::from_bytes(id.into_bytes()))).collect();
    doc! { "events.id": { "$in": ids } }
}

/// Returns the ids that are in the store. Ids of other events of the same commits are included.
pub(crate) async fn known(connection: &Connection, ids: &[Uuid]) -> Result<HashSet<Uuid>, StoreError> {
    let failed = connection.failed("cannot read");
    let (mut known, mut highest) = (HashSet::new(), Position::default());
    for ids in ids.chunks(IDS) {
        let find = connection.commits.find(ids_filter(ids)).projection(doc! { "events.id": 1 });
        let mut commits = find.await.map_err(&failed)?;
        while commits.advance().await.map_err(&failed)? {
            let damaged = |_| StoreError::integrity("a commit has invalid events");
            let commit = commits.current();
            let events = commit.get_array("events").map_err(damaged)?;
            let first = commit.get_i64("_id").map_err(damaged)?.unsigned_abs();
            highest = highest.max(Position((first + events.into_iter().count() as u64).saturating_sub(1)));
            let id_of = |event: RawBsonRef<'_>| {
                let id = event.as_document().and_then(|event| event.get_binary("id").ok());
                id.and_then(|id| Uuid::from_slice(id.bytes).ok())
            };
            known.extend(events.into_iter().filter_map(|event| event.ok().and_then(id_of)));
        }
    }
    connection.settle(highest).await?;
    Ok(known)
}

/// Returns the stored events with these ids.
pub(crate) async fn events_by_id(connection: &Connection, ids: &[Uuid]) -> Result<Vec<RecordedEvent>, StoreError> {
    let failed = connection.failed("cannot read");
    let mut found = Vec::new();
    for ids in ids.chunks(IDS) {
        let wanted: HashSet<Uuid> = ids.iter().copied().collect();
        let mut commits = connection.commits.find(ids_filter(ids)).await.map_err(&failed)?;
        while commits.advance().await.map_err(&failed)? {
            let commit = summary(commits.current())?;
            for (index, event) in (0..).zip(documents::events(&commit)?) {
                let event = documents::event(&commit, index, event)?;
                if wanted.contains(&event.event_id) {
                    found.push(event.to_recorded());
                }
            }
        }
    }
    connection.settle(found.iter().map(|event| event.position).max().unwrap_or_default()).await?;
    Ok(found)
}
