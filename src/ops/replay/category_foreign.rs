//! The replay of one stream of a category that another program wrote. Versions and times may have holes and go back.

use serde_json::Value;

use crate::event::Version;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::replay::point_in_time::PointInTime;
use crate::ops::replay::stream::Replay;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::replay_to;
use crate::ops::replay::stream::report;
use crate::runtime::Loaded;
use crate::store::Store;

/// Returns the reducer of a category of another program.
///
/// # Errors
/// [`OpsError::Invalid`] if the store lacks what the input needs.
pub(super) async fn foreign_reducer(
    store: &Store,
    category: &str,
    until: PointInTime,
    verify: bool,
    reducer: &Reducer,
) -> Result<Reducer, OpsError> {
    let lacks = |what: &str| Err(OpsError::Invalid(format!("{} is read with a layout, which has {what}", store.place())));
    if verify {
        return lacks("no read models and no snapshots of esctl to compare with");
    }
    match until {
        PointInTime::Position(_) => lacks("no states at positions; name a time with --at"),
        PointInTime::Time(_) if !store.has_times().await? => {
            lacks("no times of events, so there are no states at a time; leave out --at")
        }
        _ => reducer.of_category(store, category),
    }
}

/// Returns the report on a stream that failed to replay.
pub(super) fn with_broken(input: &Replay, version: Version, found: BrokenStream) -> Result<ReplayReport, OpsError> {
    let reducer = input.reducer.fold(&input.stream)?.version().name;
    let loaded = Loaded { version, position: found.position.unwrap_or_default(), ..Loaded::default() };
    Ok(ReplayReport { broken: Some(found), ..report(&input.stream, reducer, loaded, input.now, Value::Null) })
}

/// Replays a stream; none if it had no events then. `last` is its version for a stream that cannot be read.
///
/// # Errors
/// The error, if it is not about the events of the stream.
pub(super) async fn replay_foreign(
    store: &Store,
    category: &str,
    input: &Replay,
    last: Version,
) -> Result<Option<ReplayReport>, OpsError> {
    let up_to = match input.until {
        PointInTime::Time(_) => input.until.version(store, &input.stream).await,
        _ => Ok(Version(i64::MAX.unsigned_abs())),
    };
    let replayed = match up_to {
        Ok(Version::ZERO) => return Ok(None),
        Ok(up_to) => replay_to(store, input, up_to).await,
        Err(error) => Err(error),
    };
    let broken = match replayed {
        Ok(report) if report.version == Version::ZERO => return Ok(None),
        Ok(report) => return Ok(Some(ReplayReport { category: category.to_owned(), ..report })),
        // All of its events were deleted meanwhile, or are hidden.
        Err(OpsError::NotFound { .. }) => return Ok(None),
        // An event has no time.
        Err(error @ OpsError::Invalid(_)) if input.until.time().is_some() => BrokenStream::with_error(&input.stream, None, error),
        Err(error) => BrokenStream::of(&input.stream, error)?,
    };
    let report = with_broken(input, last, broken)?;
    Ok(Some(ReplayReport { category: category.to_owned(), ..report }))
}
