//! The removal of read models, and of collections that no projection names.

use mongodb::bson::doc;

use crate::store::error::StoreError;
use crate::store::mongodb::collections;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::projection::LOADING;
use crate::store::mongodb::projection::collections;
use crate::store::mongodb::rows;
use crate::store::mongodb::view::drop_view;
use crate::store::mongodb::view::view_of;
use crate::store::read_model::Part;
use crate::store::read_model::ReadModel;

/// Drops a read model and its checkpoint.
pub(crate) async fn drop_model(connection: &Connection, model: &ReadModel) -> Result<bool, StoreError> {
    let failed = connection.failed("cannot write to");
    let part = model.part.as_str();
    let which = doc! { "_id": &model.name, part: { "$exists": true } };
    let projections = connection.collection(collections::PROJECTIONS);
    let dropped = projections.update_one(which, doc! { "$unset": { part: "" } });
    let there = dropped.await.map_err(&failed)?.modified_count > 0;
    let end_loads = projections.update_one(doc! { "_id": &model.name }, doc! { "$unset": { LOADING: "" } });
    end_loads.await.map_err(&failed)?;
    if model.part == Part::Live && there {
        drop_view(connection, &model.name).await?;
    }
    sweep(connection, &model.name).await?;
    Ok(there)
}

/// Drops collections that this projection does not name, with their staged rows.
pub(crate) async fn sweep(connection: &Connection, name: &str) -> Result<(), StoreError> {
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
