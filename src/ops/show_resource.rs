//! What one resource is like at a moment.

use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::domain::resource::Resource;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::near::nothing_of;
use crate::runtime::LoadOptions;
use crate::runtime::load;
use crate::store::Store;

/// The server's schema of a resource as of a moment, from its events.
///
/// # Errors
/// [`OpsError::NotFound`] when it was never created, or as the store says.
pub async fn show_resource(store: &Store, id: &str, at: Timestamp) -> Result<Value, OpsError> {
    let stream = StreamName::of(Resource::CATEGORY, id)?;
    let mut fold = AggregateFold::<Resource>::new(stream.as_str());
    load(store, &stream, &mut fold, LoadOptions::default()).await?;
    match fold.show(at) {
        Value::Null => Err(nothing_of("resource", store, &stream).await),
        state => Ok(state),
    }
}
