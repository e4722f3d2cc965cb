//! A category replayed as a whole: how many streams and events, and which of them differ from what is kept.

use serde::Serialize;

use crate::event::Timestamp;
use crate::ops::broken::BrokenStream;
use crate::ops::error::OpsError;
use crate::ops::replay::category::CategoryReplay;
use crate::ops::replay::category::ReplayCategory;
use crate::ops::replay::stream::ReplayReport;
use crate::store::Store;

/// So many streams that differ are told in full.
const TOLD: usize = 100;

/// What came of replaying a category.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CategoryReport {
    /// Which category.
    pub category: String,
    /// The moment the states are of; none: each of its own last event, or now.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub at: Option<Timestamp>,
    /// How many streams were there.
    pub streams: u64,
    /// How many events were folded in.
    pub events_applied: u64,
    /// Whether nothing differs from what is kept; none: nothing was compared.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub ok: Option<bool>,
    /// How many streams differ.
    pub streams_that_differ: u64,
    /// The first of them.
    pub differing: Vec<ReplayReport>,
    /// Streams whose state cannot be made of their events; absent where there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub streams_broken: u64,
    /// The first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<BrokenStream>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Replays every stream of a category. `progress` is told of each stream.
///
/// # Errors
/// As [`replay`](crate::ops::replay::replay).
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
            if report.broken.len() < TOLD {
                report.broken.push(broken);
            }
            continue;
        }
        if stream.verify.as_ref().is_some_and(|verified| !verified.ok) {
            report.ok = Some(false);
            report.streams_that_differ += 1;
            if report.differing.len() < TOLD {
                report.differing.push(stream);
            }
        }
    }
    Ok(report)
}
