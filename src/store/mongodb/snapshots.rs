//! Snapshots in MongoDB. The key `{stream, reducer, version}` is compared field by field, so it is the only index.

use mongodb::bson::Binary;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::bson::spec::BinarySubtype;

use crate::event::Hash;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::backend::Snapshots;
use crate::store::error::StoreError;
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::decide::MAX_COMMIT_BYTES;
use crate::store::mongodb::error::is_duplicate;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;
use crate::store::snapshot::left_out_text;
use crate::store::snapshot::stored_hash;
use crate::store::snapshot::stored_left_out;
use crate::store::snapshot::stored_reducer_version;

/// The number of snapshots that one request deletes.
const AT_ONCE: usize = 1000;

fn key(stream: &str, reducer: &str, version: Version) -> Document {
    doc! { "stream": stream, "reducer": reducer, "version": i64::try_from(version.0).unwrap_or(i64::MAX) }
}

fn damaged() -> StoreError {
    StoreError::integrity("a snapshot has an invalid value")
}

impl Snapshots for MongoDb {
    fn put_snapshot(&self, snapshot: Snapshot) -> Answer<()> {
        self.writing(move |connection| async move { put(&connection, &snapshot).await })
    }

    fn snapshot(&self, stream: StreamName, reducer: String, at_most: Version) -> Answer<Option<Snapshot>> {
        self.reading(move |connection| async move {
            let key = |version| key(stream.as_str(), &reducer, version);
            let range = doc! { "$gte": key(Version::ZERO), "$lte": key(at_most) };
            let snapshots = connection.collection(collections::SNAPSHOTS);
            let newest = snapshots.find_one(doc! { "_id": range }).sort(doc! { "_id": -1 });
            let newest = newest.await.map_err(connection.failed("cannot read"))?;
            newest.map(|document| snapshot_of(&document).ok_or_else(damaged)).transpose()
        })
    }

    fn snapshots(&self, query: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        self.reading(move |connection| async move { list(&connection, &query).await })
    }

    fn delete_snapshots(&self, snapshots: Vec<SnapshotInfo>) -> Answer<u64> {
        self.writing(move |connection| async move {
            let collection = connection.collection(collections::SNAPSHOTS);
            let mut deleted = 0;
            for snapshots in snapshots.chunks(AT_ONCE) {
                let key_of = |snapshot: &SnapshotInfo| key(snapshot.stream.as_str(), &snapshot.reducer, snapshot.version).into();
                let keys: Vec<Bson> = snapshots.iter().map(key_of).collect();
                let delete = collection.delete_many(doc! { "_id": { "$in": keys } });
                deleted += delete.await.map_err(connection.failed("cannot write to"))?.deleted_count;
            }
            Ok(deleted)
        })
    }
}

async fn put(connection: &Connection, snapshot: &Snapshot) -> Result<(), StoreError> {
    let bytes = snapshot.state.len();
    if bytes > MAX_COMMIT_BYTES {
        return Err(StoreError::Invalid(format!("a snapshot of {bytes} bytes exceeds the limit of {MAX_COMMIT_BYTES} bytes")));
    }
    let key = key(snapshot.stream.as_str(), &snapshot.reducer, snapshot.version);
    let document = doc! {
        "_id": key.clone(),
        "event_hash": binary(snapshot.event_hash),
        "reducer_version": i64::from(snapshot.reducer_version),
        "taken_at": snapshot.taken_at.micros(),
        "bytes": bytes as i64,
        "state": &snapshot.state,
        "state_hash": binary(snapshot.state_hash),
        "left_out": left_out_text(&snapshot.left_out),
    };
    let snapshots = connection.collection(collections::SNAPSHOTS);
    loop {
        match snapshots.replace_one(doc! { "_id": key.clone() }, &document).upsert(true).await {
            // Another process has inserted it at the same time: now it can be replaced.
            Err(error) if is_duplicate(&error) => {}
            outcome => return outcome.map(|_| ()).map_err(connection.failed("cannot write to")),
        }
    }
}

fn binary(hash: Hash) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: hash.0.to_vec() }
}

fn snapshot_of(document: &Document) -> Option<Snapshot> {
    let info = info_of(document)?;
    let hash = |field| stored_hash(document.get_binary_generic(field).map(Vec::as_slice).unwrap_or_default());
    let kept = document.get("left_out").map_or(Some("[]"), Bson::as_str);
    let (left_out, state_hash) = stored_left_out(kept.unwrap_or_default(), hash("state_hash"));
    Some(Snapshot {
        stream: info.stream,
        version: info.version,
        event_hash: hash("event_hash"),
        reducer: info.reducer,
        reducer_version: info.reducer_version,
        taken_at: info.taken_at,
        state: document.get_str("state").unwrap_or_default().to_owned(),
        left_out,
        state_hash,
    })
}

fn info_of(document: &Document) -> Option<SnapshotInfo> {
    let key = document.get_document("_id").ok()?;
    Some(SnapshotInfo {
        stream: StreamName::recorded(key.get_str("stream").ok()?).ok()?,
        version: Version(u64::try_from(key.get_i64("version").ok()?).ok()?),
        reducer: key.get_str("reducer").ok()?.to_owned(),
        reducer_version: stored_reducer_version(document.get_i64("reducer_version").ok()),
        taken_at: Timestamp::from_micros_saturating(document.get_i64("taken_at").unwrap_or_default()),
        bytes: document.get_i64("bytes").unwrap_or_default().unsigned_abs(),
    })
}

async fn list(connection: &Connection, query: &SnapshotQuery) -> Result<Vec<SnapshotInfo>, StoreError> {
    let failed = connection.failed("cannot read");
    if query.limit == 0 {
        return Ok(Vec::new());
    }
    let (after_stream, after_reducer, after_version) = query.after.clone().unwrap_or_default();
    let mut filter = doc! { "_id": { "$gt": key(&after_stream, &after_reducer, after_version) } };
    if let Some(stream) = &query.stream {
        filter.insert("_id.stream", stream.as_str());
    }
    let snapshots = connection.collection(collections::SNAPSHOTS);
    let mut find = snapshots.find(filter).sort(doc! { "_id": 1 }).projection(doc! { "state": 0 });
    if let Ok(limit) = i32::try_from(query.limit) {
        find = find.limit(limit.into());
    }
    let mut cursor = find.await.map_err(&failed)?;
    let mut found = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let document = cursor.deserialize_current().map_err(&failed)?;
        let key = || document.get("_id").unwrap_or(&Bson::Null).to_string();
        let unreadable =
            || StoreError::integrity(format!("a snapshot has an invalid key, {}; delete it from collection snapshots", key()));
        found.push(info_of(&document).ok_or_else(unreadable)?);
    }
    Ok(found)
}
