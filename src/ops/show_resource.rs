//! A resource at a version or moment.

use serde::Serialize;
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
use crate::ops::not_found::not_found;
use crate::ops::replay::PointInTime;
use crate::runtime::LoadOptions;
use crate::runtime::load;
use crate::store::Store;

/// The state of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceReport {
    /// The version of the last event in it.
    pub version: Version,
    /// The state in the schema of the server.
    pub state: Value,
    /// True if the state changes without another event: the resource regenerates, or a lock expires.
    pub changes_with_time: bool,
    /// The ids of quarantined events that the state leaves out.
    pub left_out: Vec<Uuid>,
}

/// The fields of a state that leaves quarantined events out.
#[derive(Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct StateCaveats<'a> {
    /// The ids of quarantined events that the state leaves out. Absent if there are none.
    #[cfg_attr(feature = "server", schema(required = false))]
    left_out: &'a [Uuid],
    /// The caveats of the state. Absent if there are none.
    #[cfg_attr(feature = "server", schema(required = false))]
    caveats: Vec<ListCaveat>,
}

/// Adds the ids of quarantined events, and the caveat about them, to a state that leaves them out.
pub fn with_left_out(mut state: Value, left_out: &[Uuid]) -> Value {
    let added = ListCaveat::left_out(left_out.len()).map(|caveat| json!(StateCaveats { left_out, caveats: vec![caveat] }));
    if let (Some(object), Some(Value::Object(added))) = (state.as_object_mut(), added) {
        object.extend(added);
    }
    state
}

/// Reads a resource at a version, at a moment, or `now`.
///
/// # Errors
/// [`OpsError::NotFound`] when there never was such a resource; [`OpsError::NotThere`] when it did not exist yet or has not reached
/// the version.
pub async fn show_resource(store: &Store, id: &str, until: PointInTime, now: Timestamp) -> Result<ResourceReport, OpsError> {
    let stream = StreamName::of(Resource::CATEGORY, id)?;
    if store.stream_version(stream.clone()).await? == Version::ZERO {
        return Err(not_found("resource", store, &stream).await);
    }
    let up_to = until.existing_version(store, &stream).await?;
    let mut fold = AggregateFold::<Resource>::new(stream.as_str());
    let loaded = load(store, &stream, &mut fold, LoadOptions { up_to, snapshots: true }).await?;
    match fold.show(until.moment(now, loaded.recorded_at)) {
        Value::Null => Err(not_found("resource", store, &stream).await),
        state => {
            let changes_with_time = until == PointInTime::Head && fold.state().changes_with_time();
            Ok(ResourceReport { version: fold.stream_version(), state, changes_with_time, left_out: loaded.left_out })
        }
    }
}
