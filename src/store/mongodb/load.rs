//! A load: all rows of a read model go into a new collection, which then replaces that of the read model.
//!
//! The projection names the collection (`loading`) before it is created, so that no other process removes it as unused. Another
//! load of the projection takes its place there, and this one ends.

use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::commit_rows::commit;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::drop_read_model::sweep;
use crate::store::mongodb::projection::LOADING;
use crate::store::mongodb::rows;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowsCommit;

fn mine(load: &RowLoad) -> Result<Document, StoreError> {
    Ok(doc! { "_id": &load.model.name, LOADING: load.collection()? })
}

/// Names the collection of a load. Earlier loads of the projection end.
pub(crate) async fn begin(connection: &Connection, load: &RowLoad) -> Result<(), StoreError> {
    let change = doc! { "$set": { LOADING: load.collection()? } };
    connection.upsert(collections::PROJECTIONS, doc! { "_id": &load.model.name }, change).await?;
    sweep(connection, &load.model.name).await
}

/// Adds rows to a load. Returns false if the load has ended.
pub(crate) async fn add(connection: &Connection, load: &RowLoad, rows: &[(String, String)]) -> Result<bool, StoreError> {
    let named = connection.collection(collections::PROJECTIONS).find_one(mine(load)?).await;
    if named.map_err(connection.failed("cannot read"))?.is_none() {
        return Ok(false);
    }
    rows::load(connection, &load.collection()?, rows).await?;
    Ok(true)
}

/// Commits, and replaces the collection of the read model by that of the load. Returns false if the load has ended or the
/// read model was modified concurrently.
pub(crate) async fn finish(connection: &Connection, load: &RowLoad, committed: &RowsCommit) -> Result<bool, StoreError> {
    let loaded = commit(connection, committed, Some(load)).await?;
    if loaded {
        sweep(connection, &load.model.name).await?;
    }
    Ok(loaded)
}
