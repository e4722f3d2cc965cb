//! Events by their ids, through the index over all commits.

use std::collections::HashSet;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::Uuid as BsonUuid;
use mongodb::bson::doc;
use uuid::Uuid;

use crate::event::RecordedEvent;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::documents;
use crate::store::mongodb::documents::summary;

/// Event ids looked for at once.
const IDS: usize = 5000;

fn ids_filter(ids: &[Uuid]) -> Document {
    let ids: Vec<Bson> = ids.iter().map(|id| Bson::from(BsonUuid::from_bytes(id.into_bytes()))).collect();
    doc! { "events.id": { "$in": ids } }
}

/// Whether any of these events is there.
pub(crate) async fn knows_any(connection: &Connection, ids: &[Uuid]) -> Result<bool, StoreError> {
    for ids in ids.chunks(IDS) {
        let found = connection.commits.find_one(ids_filter(ids)).projection(doc! { "_id": 1 }).await;
        if found.map_err(connection.failed("cannot read"))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Those events of these ids that are there.
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
    Ok(found)
}
