//! Read models in MongoDB, without transactions: they work with a standalone server, a replica set and Atlas.
//!
//! A projection is one document in `projections`. It has a part for the live read model, one for the rebuilt one, and one for
//! the previous live one. Each part names the collection of its rows, its checkpoint, and the number of its last commit. Each
//! step that must be atomic is one update of that document:
//!
//! - A commit of rows first stages the rows (`staged_rows`). It then moves the checkpoint **and** marks the staged rows that
//!   belong to it (`pending`). Last, it writes those rows into their collection and removes the mark. A process that is killed
//!   before the second step has done nothing. After that step the commit is made: readers merge the staged rows into the
//!   collection, and the next commit first finishes the previous one. A row has the number of its commit and replaces only
//!   older ones, so a process that resumes late changes nothing.
//! - A swap makes the rebuilt part the live one, and the live one the previous one. The collection keeps its name, `rm_NAME.`
//!   and a random end. Operators find it through the view `rm_NAME`, which changes next (`view.rs`). The next swap or drop
//!   removes a collection that no projection names.
//!
//! A reader reads the projection before and after the rows, and repeats the read where it has changed meanwhile.
//! No statement here uses the events.

use std::sync::Arc;

use mongodb::IndexModel;
use mongodb::bson::doc;
use uuid::Uuid;

use crate::event::Position;
use crate::store::answer::Answer;
use crate::store::backend::ReadModels;
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::filters::plain_path;
use crate::store::mongodb::projection;
use crate::store::mongodb::projection::ConsistentRead;
use crate::store::mongodb::projection::bson_uuid;
use crate::store::mongodb::projection::collections;
use crate::store::mongodb::projection::document_of;
use crate::store::mongodb::projection::failed_events_after;
use crate::store::mongodb::projection::is_complete;
use crate::store::mongodb::projection::state;
use crate::store::mongodb::read_model_state::ReadModelState;
use crate::store::mongodb::rows;
use crate::store::mongodb::view;
use crate::store::mongodb::view::check_allowed;
use crate::store::mongodb::view::drop_view;
use crate::store::mongodb::view::point;
use crate::store::mongodb::view::show_live;
use crate::store::mongodb::view::view_of;
use crate::store::read_model::Part;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;

impl ReadModels for MongoDb {
    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.reading(|connection| async move {
            let (records, live) = projection::projections(&connection).await?;
            if let Err(error) = view::repair(&connection, &live).await {
                tracing::warn!(%error, "cannot compare the views of read models with their rows");
            }
            Ok(records)
        })
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.reading(|connection| async move { projection::check(&connection).await })
    }

    fn rows(&self, model: ReadModel, keys: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.reading(move |connection| async move {
            let mut reading = ConsistentRead::begin(&connection, model).await?;
            while let Some(state) = &reading.state {
                let found = rows::by_key(&connection, state, &keys).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(vec![None; keys.len()])
        })
    }

    fn query_rows(&self, query: RowQuery) -> Answer<Vec<(String, String)>> {
        self.reading(move |connection| async move {
            let mut reading = ConsistentRead::begin(&connection, query.model()).await?;
            while let Some(state) = &reading.state {
                let found = rows::query(&connection, state, &query).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(Vec::new())
        })
    }

    fn count_rows(&self, model: ReadModel) -> Answer<u64> {
        self.reading(move |connection| async move {
            let mut reading = ConsistentRead::begin(&connection, model).await?;
            while let Some(state) = &reading.state {
                let found = rows::count(&connection, state).await;
                if let Some(found) = reading.end(found).await? {
                    return Ok(found);
                }
            }
            Ok(0)
        })
    }

    fn failed_events(&self, model: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.reading(move |connection| async move {
            let state = state(&connection, &model).await?;
            Ok(state.map(|state| state.failed_events).unwrap_or_default())
        })
    }

    fn commit_rows(&self, rows: RowsCommit) -> Answer<bool> {
        self.writing(move |connection| async move { commit(&connection, &rows).await })
    }

    fn swap_read_model(&self, name: String, at: Position, indexed_fields: Vec<String>) -> Answer<bool> {
        let shared = Arc::clone(&self.shared);
        self.worker.write(async move {
            let connection = shared.writing(None).await?;
            swap(&connection, &name, at, &indexed_fields).await
        })
    }

    fn exchange_read_models(&self, name: String) -> Answer<bool> {
        self.writing(move |connection| async move { exchange(&connection, &name).await })
    }

    fn drop_read_model(&self, model: ReadModel) -> Answer<bool> {
        self.writing(move |connection| async move { drop_model(&connection, &model).await })
    }
}

/// Commits rows and checkpoint together. Returns false where the read model was modified concurrently.
async fn commit(connection: &Connection, commit: &RowsCommit) -> Result<bool, StoreError> {
    let begins = commit.from == Position::ZERO && commit.commits.is_none_or(|commits| commits == 0);
    if begins
        && let Some(left) = state(connection, &commit.model).await?
        && !is_complete(connection, &commit.model, &left, None).await?
    {
        // Nothing of an incomplete read model is kept: its rows may be of any time.
        drop_model(connection, &commit.model).await?;
    }
    let Some(before) = settled(connection, &commit.model).await? else {
        if !begins {
            return Ok(false);
        }
        let (name, collection) = (&commit.model.name, new_collection(&commit.model.name));
        if commit.model.part == Part::Live {
            // Before there are rows, so that a taken name is found in time.
            point(connection, name, &collection).await?;
        }
        let done = advance(connection, commit, None, collection).await?;
        if commit.model.part == Part::Live && !done {
            // Another process has created it meanwhile.
            show_live(connection, name).await?;
        }
        return Ok(done);
    };
    if before.checkpoint.position != commit.from
        || before.logic_version != commit.logic_version
        || commit.commits.is_some_and(|commits| commits != before.number.unsigned_abs())
    {
        return Ok(false);
    }
    let collection = before.collection.clone();
    advance(connection, commit, Some(before), collection).await
}

/// Returns the state of a read model whose last commit is finished; `None` where it is missing or incomplete.
async fn settled(connection: &Connection, model: &ReadModel) -> Result<Option<ReadModelState>, StoreError> {
    loop {
        match state(connection, model).await? {
            Some(state) if state.pending.is_some() && !is_complete(connection, model, &state, None).await? => return Ok(None),
            Some(state) if state.pending.is_some() => finish(connection, model, &state).await?,
            other => return Ok(other),
        }
    }
}

fn new_collection(name: &str) -> String {
    format!("rm_{name}.{:012x}", Uuid::new_v4().as_u128() & 0xffff_ffff_ffff)
}

async fn advance(
    connection: &Connection,
    commit: &RowsCommit,
    before: Option<ReadModelState>,
    collection: String,
) -> Result<bool, StoreError> {
    let part = commit.model.part.as_str();
    let after = ReadModelState {
        number: before.as_ref().map_or(0, |before| before.number) + 1,
        pending: (!commit.rows.is_empty()).then(Uuid::new_v4),
        logic_version: commit.logic_version,
        checkpoint: commit.to,
        updated_at: commit.now,
        written: before.as_ref().map_or(Some(false), |before| before.written),
        large: before.as_ref().is_some_and(|before| before.large) || rows::any_large(&commit.rows),
        failed_events: failed_events_after(before.as_ref(), &commit.failed_events),
        collection,
    };
    let change = doc! { "$set": { part: document_of(&after)? } };
    rows::stage(connection, &after, &commit.rows).await?;
    let mut which = doc! { "_id": &commit.model.name };
    match &before {
        Some(before) => {
            which.insert(format!("{part}.collection"), &before.collection);
            which.insert(format!("{part}.commit"), before.number);
        }
        None => {
            which.insert(part, doc! { "$exists": false });
        }
    }
    let moved = match before {
        Some(_) => {
            let update = connection.collection(collections::PROJECTIONS).update_one(which, change).await;
            update.map_err(connection.failed("cannot write to"))?.modified_count
        }
        None => connection.upsert(collections::PROJECTIONS, which, change).await?,
    };
    if moved == 0 {
        rows::unstage(connection, &after).await?;
        return Ok(false);
    }
    // From here on the commit is done. If finishing fails, readers see the rows all the same, and the next commit finishes.
    if after.pending.is_some()
        && let Err(error) = finish(connection, &commit.model, &after).await
    {
        tracing::warn!(%error, projection = commit.model.name, "rows are committed, but not yet all in their collection");
    }
    Ok(true)
}

/// Writes the staged rows of a commit into their collection. Several processes may do this repeatedly and concurrently.
async fn finish(connection: &Connection, model: &ReadModel, state: &ReadModelState) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    rows::apply(connection, state, pending).await?;
    let part = model.part.as_str();
    let which = doc! {
        "_id": &model.name,
        format!("{part}.collection"): &state.collection,
        format!("{part}.pending"): bson_uuid(pending),
    };
    let change = doc! { "$unset": { format!("{part}.pending"): "" }, "$set": { format!("{part}.written"): true } };
    let done = connection.collection(collections::PROJECTIONS).update_one(which, change).await;
    done.map_err(connection.failed("cannot write to"))?;
    rows::unstage(connection, state).await
}

/// Swaps in the rebuilt read model.
async fn swap(connection: &Connection, name: &str, at: Position, indexed_fields: &[String]) -> Result<bool, StoreError> {
    let failed = connection.failed("cannot write to");
    let Some(building) = settled(connection, &ReadModel::building(name)).await? else { return Ok(false) };
    if building.checkpoint.position != at || !is_complete(connection, &ReadModel::building(name), &building, None).await? {
        return Ok(false);
    }
    let fields = indexed_fields.iter().filter_map(|field| plain_path(field));
    let indexes: Vec<IndexModel> = fields.map(|path| IndexModel::builder().keys(doc! { path: 1, "_id": 1 }).build()).collect();
    if !indexes.is_empty() {
        connection.collection(&building.collection).create_indexes(indexes).await.map_err(&failed)?;
    }
    check_allowed(connection, name).await?;
    let mut which = doc! { "_id": name, "building.collection": &building.collection, "building.commit": building.number };
    let projections = connection.collection(collections::PROJECTIONS);
    // An incomplete read model is not kept as the previous one.
    let live = complete_state(connection, &ReadModel::live(name)).await?;
    let previous = match (&live, complete_state(connection, &ReadModel::previous(name)).await?) {
        (Some(live), _) => {
            which.insert("live.collection", &live.collection);
            "$live"
        }
        (None, Some(_)) => "$previous",
        (None, None) => "$$REMOVE",
    };
    let swap = [doc! { "$set": { "live": "$building", "previous": previous } }, doc! { "$unset": "building" }];
    let swapped = projections.update_one(which, swap.to_vec());
    if swapped.await.map_err(&failed)?.modified_count == 0 {
        return Ok(false);
    }
    show_live(connection, name).await?;
    sweep(connection, name).await?;
    Ok(true)
}

/// Returns the state of a read model, if it is complete.
async fn complete_state(connection: &Connection, model: &ReadModel) -> Result<Option<ReadModelState>, StoreError> {
    match state(connection, model).await? {
        Some(state) if is_complete(connection, model, &state, None).await? => Ok(Some(state)),
        _ => Ok(None),
    }
}

/// Exchanges the live and the previous read model.
async fn exchange(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    check_allowed(connection, name).await?;
    let live = complete_state(connection, &ReadModel::live(name)).await?;
    let previous = complete_state(connection, &ReadModel::previous(name)).await?;
    let (Some(live), Some(previous)) = (live, previous) else { return Ok(false) };
    let which = doc! { "_id": name, "live.collection": live.collection, "previous.collection": previous.collection };
    let exchange = vec![doc! { "$set": { "live": "$previous", "previous": "$live" } }];
    let exchanged = connection.collection(collections::PROJECTIONS).update_one(which, exchange).await;
    if exchanged.map_err(connection.failed("cannot write to"))?.modified_count == 0 {
        return Ok(false);
    }
    show_live(connection, name).await?;
    Ok(true)
}

/// Drops a read model and its checkpoint.
async fn drop_model(connection: &Connection, model: &ReadModel) -> Result<bool, StoreError> {
    let failed = connection.failed("cannot write to");
    let part = model.part.as_str();
    let which = doc! { "_id": &model.name, part: { "$exists": true } };
    let projections = connection.collection(collections::PROJECTIONS);
    let dropped = projections.update_one(which, doc! { "$unset": { part: "" } });
    let there = dropped.await.map_err(&failed)?.modified_count > 0;
    if model.part == Part::Live && there {
        drop_view(connection, &model.name).await?;
    }
    sweep(connection, &model.name).await?;
    Ok(there)
}

/// Drops collections that this projection does not name, with their staged rows.
async fn sweep(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let failed = connection.failed("cannot write to");
    // The names come first: a projection names a collection before it is created.
    let names = connection.database.list_collection_names().await.map_err(&failed)?;
    let used = collections(connection, name).await?;
    let prefix = format!("{}.", view_of(name));
    for unused in names.iter().filter(|found| found.starts_with(&prefix) && !used.contains(found)) {
        connection.collection(unused).drop().await.map_err(&failed)?;
        rows::unstage_all(connection, unused).await?;
    }
    Ok(())
}
