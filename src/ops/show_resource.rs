//! What one resource is like, or was at a version or a moment.

use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::domain::resource::Resource;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::ListCaveat;
use crate::ops::error::OpsError;
use crate::ops::near::nothing_of;
use crate::ops::replay::Until;
use crate::runtime::LoadOptions;
use crate::runtime::load;
use crate::store::Store;

/// A resource, from its events.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceReport {
    /// The version of the last event in it.
    pub version: Version,
    /// The server's schema.
    pub state: Value,
    /// Whether the same question is answered otherwise later on, without another event: it regenerates, or a lock runs out.
    pub changes_with_time: bool,
    /// The ids of quarantined events that the state leaves out.
    pub left_out: Vec<Uuid>,
}

/// Adds the ids of quarantined events, and the caveat about them, to a state that leaves them out.
pub fn with_left_out(mut state: Value, left_out: &[Uuid]) -> Value {
    if let (Some(object), Some(caveat)) = (state.as_object_mut(), ListCaveat::left_out(left_out.len())) {
        object.insert("left_out".into(), left_out.iter().map(Uuid::to_string).collect());
        object.insert("caveats".into(), json!([caveat]));
    }
    state
}

/// A resource up to a version, a moment, or `now`.
///
/// # Errors
/// [`OpsError::NotFound`] when it was never created; [`OpsError::NotThere`] when it was not there yet or has not reached
/// that version; or as the store says.
pub async fn show_resource(store: &Store, id: &str, until: Until, now: Timestamp) -> Result<ResourceReport, OpsError> {
    let stream = StreamName::of(Resource::CATEGORY, id)?;
    if store.stream_version(stream.clone()).await? == Version::ZERO {
        return Err(nothing_of("resource", store, &stream).await);
    }
    let up_to = until.existing_version(store, &stream).await?;
    let mut fold = AggregateFold::<Resource>::new(stream.as_str());
    let loaded = load(store, &stream, &mut fold, LoadOptions { up_to, snapshots: true }).await?;
    match fold.show(until.moment(now, loaded.recorded_at)) {
        Value::Null => Err(nothing_of("resource", store, &stream).await),
        state => {
            let changes_with_time = until == Until::Head && fold.state().changes_with_time();
            Ok(ResourceReport { version: fold.stream_version(), state, changes_with_time, left_out: loaded.left_out })
        }
    }
}
