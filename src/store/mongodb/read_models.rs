//! Read models in MongoDB, without transactions: so alike on a standalone server, a replica set and Atlas.
//!
//! A projection is one document in `projections`, with a part for the live read model, one for that built beside and
//! one for the previous live one; each part names the collection of its rows, its checkpoint, and the number of the commit it stands on. One update of
//! that document is each step that must be whole:
//!
//! - A commit of rows first puts the rows aside (`staged_rows`), then moves the checkpoint **and** says which staged rows
//!   belong to it (`pending`), then writes those rows into their collection and takes the mark away. Whoever is killed
//!   before the second step has done nothing; after it, everything: readers lay the staged rows over the collection, and
//!   the next commit first finishes the one before. A row carries the number of its commit and is written only from below
//!   it, so somebody who was stopped in the middle and wakes up late changes nothing.
//! - A swap makes the part that was built beside the live one, and the live one the previous one. The collection keeps its name, `rm_NAME.` and a random end; people find
//!   it through the view `rm_NAME`, which is pointed there next (`view.rs`). A collection that no projection names is
//!   dropped by the next swap or drop.
//!
//! A reader looks at the projection before and after it read rows, and reads again when it has moved meanwhile.
//! No statement here names the events.

use mongodb::IndexModel;
use mongodb::bson::doc;
use uuid::Uuid;

use crate::event::Position;
use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::filters::plain_path;
use crate::store::mongodb::projection::State;
use crate::store::mongodb::projection::bson_uuid;
use crate::store::mongodb::projection::collections;
use crate::store::mongodb::projection::document_of;
use crate::store::mongodb::projection::is_whole;
use crate::store::mongodb::projection::problems_after;
use crate::store::mongodb::projection::state;
use crate::store::mongodb::rows;
use crate::store::mongodb::schema;
use crate::store::mongodb::view::drop_view;
use crate::store::mongodb::view::must_be_allowed;
use crate::store::mongodb::view::point;
use crate::store::mongodb::view::show_live;
use crate::store::mongodb::view::view_of;
use crate::store::read_model::Part;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowsCommit;

/// Rows and checkpoint together; `false` when the checkpoint is elsewhere.
pub(crate) async fn commit(connection: &Connection, commit: &RowsCommit) -> Result<bool, StoreError> {
    let begins = commit.from == Position::ZERO && commit.commits.is_none_or(|commits| commits == 0);
    if begins
        && let Some(left) = state(connection, &commit.model).await?
        && !is_whole(connection, &commit.model, &left, None).await?
    {
        // Of one that is not whole nothing is kept: its rows may be of any time.
        drop_model(connection, &commit.model).await?;
    }
    let Some(before) = settled(connection, &commit.model).await? else {
        if !begins {
            return Ok(false);
        }
        let (name, collection) = (&commit.model.name, new_collection(&commit.model.name));
        if commit.model.part == Part::Live {
            // Before there are rows, so that a name that is taken is found out in time.
            point(connection, name, &collection).await?;
        }
        let done = advance(connection, commit, None, collection).await?;
        if commit.model.part == Part::Live && !done {
            // Somebody else has made it meanwhile.
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

/// The state of a read model whose last commit is finished; none: it is not there, or is not whole.
async fn settled(connection: &Connection, model: &ReadModel) -> Result<Option<State>, StoreError> {
    loop {
        match state(connection, model).await? {
            Some(state) if state.pending.is_some() && !is_whole(connection, model, &state, None).await? => return Ok(None),
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
    before: Option<State>,
    collection: String,
) -> Result<bool, StoreError> {
    let part = commit.model.part.as_str();
    let after = State {
        number: before.as_ref().map_or(0, |before| before.number) + 1,
        pending: (!commit.rows.is_empty()).then(Uuid::new_v4),
        logic_version: commit.logic_version,
        checkpoint: commit.to,
        updated_at: commit.now,
        written: before.as_ref().map_or(Some(false), |before| before.written),
        large: before.as_ref().is_some_and(|before| before.large) || rows::any_large(&commit.rows),
        problems: problems_after(before.as_ref(), &commit.problems),
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
            let update = connection.collection(schema::PROJECTIONS).update_one(which, change).await;
            update.map_err(connection.failed("cannot write to"))?.modified_count
        }
        None => connection.upsert(schema::PROJECTIONS, which, change).await?,
    };
    if moved == 0 {
        rows::unstage(connection, &after).await?;
        return Ok(false);
    }
    // From here on it is done. Should finishing fail, readers see it all the same, and the next commit finishes it.
    if after.pending.is_some()
        && let Err(error) = finish(connection, &commit.model, &after).await
    {
        tracing::warn!(%error, projection = commit.model.name, "rows are committed and not yet all in their collection");
    }
    Ok(true)
}

/// Writes the staged rows of a commit where they belong. Anyone may do it, also twice, also at once.
async fn finish(connection: &Connection, model: &ReadModel, state: &State) -> Result<(), StoreError> {
    let Some(pending) = state.pending else { return Ok(()) };
    rows::apply(connection, state, pending).await?;
    let part = model.part.as_str();
    let which = doc! {
        "_id": &model.name,
        format!("{part}.collection"): &state.collection,
        format!("{part}.pending"): bson_uuid(pending),
    };
    let change = doc! { "$unset": { format!("{part}.pending"): "" }, "$set": { format!("{part}.written"): true } };
    let done = connection.collection(schema::PROJECTIONS).update_one(which, change).await;
    done.map_err(connection.failed("cannot write to"))?;
    rows::unstage(connection, state).await
}

/// The read model built beside takes the place of the live one.
pub(crate) async fn swap(
    connection: &Connection,
    name: &str,
    at: Position,
    indexed_fields: &[String],
) -> Result<bool, StoreError> {
    let failed = connection.failed("cannot write to");
    let Some(building) = settled(connection, &ReadModel::building(name)).await? else { return Ok(false) };
    if building.checkpoint.position != at || !is_whole(connection, &ReadModel::building(name), &building, None).await? {
        return Ok(false);
    }
    let fields = indexed_fields.iter().filter_map(|field| plain_path(field));
    let indexes: Vec<IndexModel> = fields.map(|path| IndexModel::builder().keys(doc! { path: 1, "_id": 1 }).build()).collect();
    if !indexes.is_empty() {
        connection.collection(&building.collection).create_indexes(indexes).await.map_err(&failed)?;
    }
    must_be_allowed(connection, name).await?;
    let mut which = doc! { "_id": name, "building.collection": &building.collection, "building.commit": building.number };
    let projections = connection.collection(schema::PROJECTIONS);
    // One that is not whole is not kept as the previous one.
    let live = whole_or_none(connection, &ReadModel::live(name)).await?;
    let previous = match (&live, whole_or_none(connection, &ReadModel::previous(name)).await?) {
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

/// The state of a read model, if it is whole.
async fn whole_or_none(connection: &Connection, model: &ReadModel) -> Result<Option<State>, StoreError> {
    match state(connection, model).await? {
        Some(state) if is_whole(connection, model, &state, None).await? => Ok(Some(state)),
        _ => Ok(None),
    }
}

/// The live read model and the previous one take each other's place.
pub(crate) async fn exchange(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    must_be_allowed(connection, name).await?;
    let live = whole_or_none(connection, &ReadModel::live(name)).await?;
    let previous = whole_or_none(connection, &ReadModel::previous(name)).await?;
    let (Some(live), Some(previous)) = (live, previous) else { return Ok(false) };
    let which = doc! { "_id": name, "live.collection": live.collection, "previous.collection": previous.collection };
    let exchange = vec![doc! { "$set": { "live": "$previous", "previous": "$live" } }];
    let exchanged = connection.collection(schema::PROJECTIONS).update_one(which, exchange).await;
    if exchanged.map_err(connection.failed("cannot write to"))?.modified_count == 0 {
        return Ok(false);
    }
    show_live(connection, name).await?;
    Ok(true)
}

/// Throws away a read model and its checkpoint.
pub(crate) async fn drop_model(connection: &Connection, model: &ReadModel) -> Result<bool, StoreError> {
    let failed = connection.failed("cannot write to");
    let part = model.part.as_str();
    let which = doc! { "_id": &model.name, part: { "$exists": true } };
    let projections = connection.collection(schema::PROJECTIONS);
    let dropped = projections.update_one(which, doc! { "$unset": { part: "" } });
    let there = dropped.await.map_err(&failed)?.modified_count > 0;
    if model.part == Part::Live && there {
        drop_view(connection, &model.name).await?;
    }
    sweep(connection, &model.name).await?;
    Ok(there)
}

/// Drops collections that this projection does not name, with what is staged for them.
async fn sweep(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let failed = connection.failed("cannot write to");
    // The names first: a collection is named in the projection before it is made.
    let names = connection.database.list_collection_names().await.map_err(&failed)?;
    let used = collections(connection, name).await?;
    let prefix = format!("{}.", view_of(name));
    for unused in names.iter().filter(|found| found.starts_with(&prefix) && !used.contains(found)) {
        connection.collection(unused).drop().await.map_err(&failed)?;
        rows::unstage_all(connection, unused).await?;
    }
    Ok(())
}
