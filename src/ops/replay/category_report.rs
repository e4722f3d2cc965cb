//! The report of the replay of a category: numbers of streams and events, and the streams that differ from what is kept.

use serde::Serialize;

use crate::event::Timestamp;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::replay::category::CategoryReplay;
use crate::ops::replay::category::ReplayCategory;
use crate::ops::replay::stream::ReplayReport;
use crate::store::Store;

/// Maximum number of differing or broken streams that are listed.
const MAX_LISTED: usize = 100;

/// The outcome of replaying a category.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CategoryReport {
    /// The category.
    pub category: String,
    /// The moment of the states; none: the moment of each last event, or now.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub at: Option<Timestamp>,
    /// The number of streams with events.
    pub streams: u64,
    /// The number of events that were applied.
    pub events_applied: u64,
    /// True if nothing differs from what is kept; none: nothing was compared.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub ok: Option<bool>,
    /// The number of streams that differ.
    pub streams_that_differ: u64,
    /// The first streams that differ.
    pub differing: Vec<ReplayReport>,
    /// The number of streams that failed to replay; absent if there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub streams_broken: u64,
    /// The first streams that failed to replay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenStream>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Replays every stream of a category. `progress` is called after each stream.
///
/// # Errors
/// Those of [`replay`](crate::ops::replay::replay).
pub async fn replay_category(
    store: &Store,
    input: ReplayCategory,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<CategoryReport, OpsError> {
    let mut report = CategoryReport {
        category: input.category.clone(),
        at: input.until.time(),
        streams: 0,
        events_applied: 0,
        ok: input.verify.then_some(true),
        streams_that_differ: 0,
        differing: Vec::new(),
        streams_broken: 0,
        broken: Vec::new(),
    };
    let mut streams = CategoryReplay::open(store, input).await?;
    while let Some(stream) = streams.next().await? {
        report.streams += 1;
        report.events_applied += stream.events_applied;
        progress(1);
        if let Some(broken) = stream.broken {
            report.ok = report.ok.map(|_| false);
            report.streams_broken += 1;
            if report.broken.len() < MAX_LISTED {
                report.broken.push(broken);
            }
            continue;
        }
        if stream.verify.as_ref().is_some_and(|verified| !verified.ok) {
            report.ok = Some(false);
            report.streams_that_differ += 1;
            if report.differing.len() < MAX_LISTED {
                report.differing.push(stream);
            }
        }
    }
    Ok(report)
}
