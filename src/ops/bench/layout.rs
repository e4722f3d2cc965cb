//! A benchmark of reading a store that another program wrote, compared with its database handing out the same columns.

use crate::ops::bench::memory::reset_peak_memory;
use crate::ops::bench::read::ROUNDS;
use crate::ops::bench::read::look_at;
use crate::ops::bench::read::timed;
use crate::ops::bench::report::BenchReport;
use crate::ops::bench::report::Rounds;
use crate::ops::error::OpsError;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::layout_store::LayoutTables;

/// Measures a scan of all events of a store that is read with a layout. Nothing is written.
///
/// # Errors
/// [`OpsError::Invalid`] for a store without events, or if their number changes meanwhile.
pub async fn bench_layout(
    store: &Store,
    tables: &LayoutTables,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<BenchReport, OpsError> {
    let mut times = Rounds::default();
    let (mut events, mut statement) = (None, String::new());
    reset_peak_memory();
    for _ in 0..ROUNDS {
        let (seen, took) = timed(look_at(store, ReadQuery::all(), progress)).await?;
        times.own(took);
        if events.replace(seen).is_some_and(|before| before != seen) {
            return Err(OpsError::Invalid("the number of events changed while they were read; measure a store at rest".into()));
        }
        let (bare, took) = timed(async { Ok(tables.bare_scan().await?) }).await?;
        times.baseline(took);
        statement = bare.statement;
    }
    let events = events.filter(|events| *events > 0);
    let events = events.ok_or_else(|| OpsError::Invalid("there are no events to read".into()))?;
    Ok(times.report("read", events, &statement))
}
