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
//! - A load writes all rows into a new collection, without staging them. The projection names the collection first
//!   (`loading`), and then makes it that of the read model, in the same update that moves the checkpoint.
//! - A swap makes the rebuilt part the live one, and the live one the previous one. The collection keeps its name, `rm_NAME.`
//!   and a random end. Operators find it through the view `rm_NAME`, which changes next (`view.rs`). The next swap or drop
//!   removes a collection that no projection names.
//!
//! A reader reads the projection before and after the rows, and repeats the read where it has changed meanwhile.
//! No statement here uses the events.

use std::sync::Arc;

use mongodb::IndexModel;
use mongodb::bson::doc;

use crate::event::Position;
use crate::store::answer::Answer;
use crate::store::backend::ReadModels;
use crate::store::error::StoreError;
use crate::store::failed_event::FailedEvent;
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::collections;
use crate::store::mongodb::commit_rows::commit;
use crate::store::mongodb::commit_rows::settled;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::drop_read_model::drop_model;
use crate::store::mongodb::drop_read_model::sweep;
use crate::store::mongodb::filters::plain_path;
use crate::store::mongodb::load;
use crate::store::mongodb::projection;
use crate::store::mongodb::projection::ConsistentRead;
use crate::store::mongodb::projection::LOADING;
use crate::store::mongodb::projection::is_complete;
use crate::store::mongodb::projection::state;
use crate::store::mongodb::read_model_state::ReadModelState;
use crate::store::mongodb::rows;
use crate::store::mongodb::view;
use crate::store::mongodb::view::check_allowed;
use crate::store::mongodb::view::show_live;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
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
        self.writing(move |connection| async move { commit(&connection, &rows, None).await })
    }

    fn begin_load(&self, load: RowLoad) -> Answer<()> {
        self.writing(move |connection| async move { load::begin(&connection, &load).await })
    }

    fn load_rows(&self, load: RowLoad, rows: Vec<(String, String)>) -> Answer<bool> {
        self.writing(move |connection| async move { load::add(&connection, &load, &rows).await })
    }

    fn finish_load(&self, load: RowLoad, commit: RowsCommit) -> Answer<bool> {
        self.writing(move |connection| async move { load::finish(&connection, &load, &commit).await })
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
    let swap = [doc! { "$set": { "live": "$building", "previous": previous } }, doc! { "$unset": ["building", LOADING] }];
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
