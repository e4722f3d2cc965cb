//! The commit of rows: rows, failed events and checkpoint change together. `read_models.rs` describes how.

use mongodb::bson::doc;
use uuid::Uuid;

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::drop_read_model::drop_model;
use crate::store::mongodb::projection::LOADING;
use crate::store::mongodb::projection::bson_uuid;
use crate::store::mongodb::projection::document_of;
use crate::store::mongodb::projection::failed_events_after;
use crate::store::mongodb::projection::is_complete;
use crate::store::mongodb::projection::state;
use crate::store::mongodb::read_model_state::ReadModelState;
use crate::store::mongodb::rows;
use crate::store::mongodb::view::point;
use crate::store::mongodb::view::show_live;
use crate::store::read_model::Part;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowsCommit;

/// Commits rows and checkpoint together. Returns false where the read model was modified concurrently. The rows of a load
/// are in their collection already.
pub(crate) async fn commit(connection: &Connection, commit: &RowsCommit, load: Option<&RowLoad>) -> Result<bool, StoreError> {
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
        let name = &commit.model.name;
        let collection = load.map_or_else(|| Ok(new_collection(name)), RowLoad::collection)?;
        if commit.model.part == Part::Live {
            // Before there are rows, so that a taken name is found in time.
            point(connection, name, &collection).await?;
        }
        let done = advance(connection, commit, None, collection, load).await?;
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
    let collection = load.map_or_else(|| Ok(before.collection.clone()), RowLoad::collection)?;
    advance(connection, commit, Some(before), collection, load).await
}

/// Returns the state of a read model whose last commit is finished; `None` where it is missing or incomplete.
pub(crate) async fn settled(connection: &Connection, model: &ReadModel) -> Result<Option<ReadModelState>, StoreError> {
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
    load: Option<&RowLoad>,
) -> Result<bool, StoreError> {
    let part = commit.model.part.as_str();
    let after = ReadModelState {
        number: before.as_ref().map_or(0, |before| before.number) + 1,
        pending: (!commit.rows.is_empty()).then(Uuid::new_v4),
        logic_version: commit.logic_version,
        checkpoint: commit.to,
        updated_at: commit.now,
        written: match load {
            Some(load) => Some(load.rows > 0),
            None => before.as_ref().map_or(Some(false), |before| before.written),
        },
        large: match load {
            Some(load) => rows::is_large(load.largest),
            None => before.as_ref().is_some_and(|before| before.large) || rows::any_large(&commit.rows),
        },
        failed_events: failed_events_after(before.as_ref(), &commit.failed_events),
        collection,
    };
    let mut change = doc! { "$set": { part: document_of(&after)? } };
    rows::stage(connection, &after, &commit.rows).await?;
    let mut which = doc! { "_id": &commit.model.name };
    if load.is_some() {
        which.insert(LOADING, &after.collection);
        change.insert("$unset", doc! { LOADING: "" });
    }
    match &before {
        Some(before) => {
            which.insert(format!("{part}.collection"), &before.collection);
            which.insert(format!("{part}.commit"), before.number);
        }
        None => {
            which.insert(part, doc! { "$exists": false });
        }
    }
    // A load has made the projection. If another load has taken its place there, its rows may be gone.
    let moved = match (before, load) {
        (Some(_), _) | (_, Some(_)) => {
            let update = connection.collection(collections::PROJECTIONS).update_one(which, change).await;
            update.map_err(connection.failed("cannot write to"))?.modified_count
        }
        (None, None) => connection.upsert(collections::PROJECTIONS, which, change).await?,
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
