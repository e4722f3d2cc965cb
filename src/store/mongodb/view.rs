//! The view `rm_NAME`, which shows the rows of the live read model `NAME` to operators.
//!
//! A swap changes the document of the projection first, and the view second. A process that dies between the two leaves a
//! view of the old rows. So each process compares the views with the projections when it first lists the read models, and
//! whenever another collection has become the live one, and repairs differences.
//!
//! With the action `collMod` the view changes in one step. A user with the role `readWrite` lacks that right, but may drop
//! the view and create it again. Between the two there is no view.

use std::collections::HashMap;

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use mongodb::error::Error;

use crate::store::error::StoreError;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::error::code;
use crate::store::mongodb::error::code_of;
use crate::store::mongodb::projection::state;
use crate::store::mongodb::schema::make_view;
use crate::store::read_model::ReadModel;

/// The start of the name of every view.
const PREFIX: &str = "rm_";
/// The rights that a user needs to swap read models.
const RIGHTS: &str = "the action collMod on the database (role dbAdmin), or createCollection and dropCollection (role readWrite)";

/// Returns the name of a read model's view.
pub(crate) fn view_of(name: &str) -> String {
    format!("{PREFIX}{name}")
}

fn pipeline() -> [Document; 1] {
    [doc! { "$project": { "row": 1 } }]
}

/// Points a view to the collection of the live rows. Creates a missing view.
pub(crate) async fn point(connection: &Connection, name: &str, collection: &str) -> Result<(), StoreError> {
    let view = view_of(name);
    match make_view(connection, &view, collection, &pipeline()).await {
        Ok(()) => Ok(()),
        // A collection, which cannot be changed as a view.
        Err(error) if code_of(&error) == Some(code::INVALID_OPTIONS) => Err(foreign(connection, &view)),
        Err(error) if code_of(&error) == Some(code::UNAUTHORIZED) => recreate(connection, &view, collection).await,
        Err(error) => Err(connection.failed("cannot write to")(error)),
    }
}

fn foreign(connection: &Connection, view: &str) -> StoreError {
    StoreError::Unsupported(format!("{} has a collection {view} that esctl did not create", connection.place))
}

fn not_allowed(connection: &Connection, error: Error, view: &str) -> StoreError {
    match connection.failed("cannot write to")(error) {
        StoreError::NotAllowed { source, .. } => {
            let message = format!("cannot change the view {view} in {}: this user needs {RIGHTS}", connection.place);
            StoreError::NotAllowed { message, source }
        }
        other => other,
    }
}

/// Creates a view again, for a user who may not change one.
async fn recreate(connection: &Connection, view: &str, collection: &str) -> Result<(), StoreError> {
    let failed = |error| not_allowed(connection, error, view);
    for _ in 0..5 {
        match views(connection).await?.get(view) {
            Some(ViewTarget::View(on)) if on == collection => return Ok(()),
            Some(ViewTarget::Collection) => return Err(foreign(connection, view)),
            Some(ViewTarget::View(_)) => connection.collection(view).drop().await.map_err(failed)?,
            None => {}
        }
        let create = doc! { "create": view, "viewOn": collection, "pipeline": pipeline().to_vec() };
        match connection.database.run_command(create).await {
            // Another process was faster. Its view may show another collection.
            Err(error) if code_of(&error) == Some(code::NAMESPACE_EXISTS) => {}
            made => return made.map(|_| ()).map_err(failed),
        }
    }
    let message = format!("cannot change the view {view} in {}: other processes keep changing it", connection.place);
    Err(StoreError::Unavailable { message, source: None })
}

/// The object with the name of a view.
enum ViewTarget {
    /// A view of this collection.
    View(String),
    /// A collection.
    Collection,
}

/// Lists the objects with names of views.
async fn views(connection: &Connection) -> Result<HashMap<String, ViewTarget>, StoreError> {
    let failed = connection.failed("cannot read");
    let named = doc! { "name": { "$regex": format!("^{PREFIX}[^.]*$") } };
    // As documents: the types of the driver for collections and their options are long to compile.
    let list = doc! { "listCollections": 1, "filter": named };
    let mut cursor = connection.database.run_cursor_command(list).await.map_err(&failed)?;
    let mut found = HashMap::new();
    while cursor.advance().await.map_err(&failed)? {
        let listed = cursor.deserialize_current().map_err(&failed)?;
        let view_on = listed.get_document("options").ok().and_then(|options| options.get_str("viewOn").ok());
        let target = view_on.map_or(ViewTarget::Collection, |collection| ViewTarget::View(collection.to_owned()));
        found.extend(listed.get_str("name").ok().map(|name| (name.to_owned(), target)));
    }
    Ok(found)
}

/// Points the view to the live read model. Others may swap meanwhile and point the view earlier, so this is repeated until
/// it agrees.
pub(crate) async fn show_live(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let model = ReadModel::live(name);
    let mut live = state(connection, &model).await?.map(|live| live.collection);
    while let Some(collection) = live {
        point(connection, name, &collection).await?;
        connection.note_view(name, &collection);
        live = state(connection, &model).await?.map(|live| live.collection).filter(|live| *live != collection);
    }
    Ok(())
}

/// Drops the view of a read model that no longer exists.
pub(crate) async fn drop_view(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let view = view_of(name);
    connection.collection(&view).drop().await.map_err(|error| not_allowed(connection, error, &view))?;
    // Others may have created one again meanwhile.
    show_live(connection, name).await
}

/// Repairs views that a process left behind between swap and view. `live` has the read models with their collections.
/// Without write access nothing is repaired.
pub(crate) async fn repair(connection: &Connection, live: &[(String, String)]) -> Result<(), StoreError> {
    if connection.knows_views(live) {
        return Ok(());
    }
    let found = views(connection).await?;
    for (name, collection) in live {
        let shown = found.get(&view_of(name));
        // Once for each collection: where the repair fails, the next process tries.
        connection.note_view(name, collection);
        let outcome = match shown {
            Some(ViewTarget::View(on)) if on == collection => Ok(()),
            // A taken name is reported when the read model is written.
            Some(ViewTarget::Collection) => Ok(()),
            _ => show_live(connection, name).await,
        };
        warn(name, outcome);
    }
    for (view, target) in &found {
        let (ViewTarget::View(on), Some(name)) = (target, view.strip_prefix(PREFIX)) else { continue };
        let ours = on.strip_prefix(view.as_str()).is_some_and(|end| end.starts_with('.'));
        let is_gone = ours && live.iter().all(|(live, _)| live != name);
        if is_gone && state(connection, &ReadModel::live(name)).await?.is_none() {
            warn(name, drop_view(connection, name).await);
        }
    }
    Ok(())
}

fn warn(name: &str, outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, projection = name, "the view of the read model does not show its rows");
    }
}

/// Checks before a swap that this user may change views. Otherwise operators would keep seeing the old rows.
pub(crate) async fn check_allowed(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let status = connection.database.run_command(doc! { "connectionStatus": 1, "showPrivileges": true }).await;
    let status = status.map_err(connection.failed("cannot read"))?;
    let list = |field: &str| status.get_document("authInfo").and_then(|info| info.get_array(field)).cloned().unwrap_or_default();
    if list("authenticatedUsers").is_empty() {
        // A server without access control.
        return Ok(());
    }
    let (privileges, view) = (list("authenticatedUserPrivileges"), view_of(name));
    let may = |action: &str| {
        let granted = privileges.iter().filter_map(Bson::as_document);
        granted.filter(|granted| covers(granted, connection.database.name(), &view)).any(|granted| {
            let actions = granted.get_array("actions").map(Vec::as_slice).unwrap_or_default();
            actions.iter().any(|granted| matches!(granted.as_str(), Some(name) if name == action || name == "anyAction"))
        })
    };
    if may("collMod") || (may("createCollection") && may("dropCollection")) {
        return Ok(());
    }
    let place = &connection.place;
    let message =
        format!("cannot swap read model {name} in {place}: this user may not change the view {view}; it needs {RIGHTS}");
    Err(StoreError::NotAllowed { message, source: None })
}

/// Returns true if a privilege covers a collection of this database.
fn covers(privilege: &Document, database: &str, collection: &str) -> bool {
    let Ok(resource) = privilege.get_document("resource") else { return false };
    let is = |field: &str, name: &str| resource.get_str(field).is_ok_and(|found| found.is_empty() || found == name);
    resource.get_bool("anyResource").unwrap_or(false) || (is("db", database) && is("collection", collection))
}
