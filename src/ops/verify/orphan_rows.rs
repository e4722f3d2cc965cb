//! Rows of a read model whose streams have no events. A comparison stream by stream does not meet them.

use serde_json::Value;

use crate::domain;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::report;
use crate::ops::verify::comparison::Difference;
use crate::ops::verify::projection_rows::ComparedRows;
use crate::ops::verify::row_record::live_record;
use crate::ops::verify::stream::row_without_stream;
use crate::ops::verify::verified::ProjectionCompared;
use crate::ops::verify::verified::ReadModelCompared;
use crate::ops::verify::verified::Verified;
use crate::runtime::Loaded;
use crate::store::ReadModel;
use crate::store::RowQuery;
use crate::store::Store;

/// Returns a report for each row of a category's read model whose stream has no events, and one for all rows of stored
/// projections without events. `compared` is the number of rows that were compared stream by stream.
pub(in crate::ops) async fn orphan_rows(
    store: &Store,
    category: &str,
    compared: u64,
    projections: &mut ComparedRows,
    now: Timestamp,
) -> Result<Vec<ReplayReport>, OpsError> {
    let mut reports = rows_of_domain(store, category, compared, now).await?;
    let differences = projections.take_orphans();
    if !differences.is_empty() {
        let name = StreamName::parse(category)?;
        reports.push(orphans(&name, now, None, projections.compared.clone(), differences));
    }
    Ok(reports)
}

async fn rows_of_domain(store: &Store, category: &str, compared: u64, now: Timestamp) -> Result<Vec<ReplayReport>, OpsError> {
    let domain = domain::of_category(category);
    let Some(projection) = domain.and_then(|domain| domain.projection) else { return Ok(Vec::new()) };
    let name = projection.name().to_owned();
    let Some(record) = live_record(store, &name).await? else { return Ok(Vec::new()) };
    let mut reports = Vec::new();
    // The rows are read only if there are more than were compared.
    if store.count_rows(ReadModel::live(&name)).await? <= compared {
        return Ok(reports);
    }
    let mut rows = Pages::of(store, RowQuery { name: name.clone(), ..RowQuery::default() });
    while let Some((key, row)) = rows.next().await? {
        let Ok(stream) = StreamName::of(category, &key) else { continue };
        if store.stream_version(stream.clone()).await? > Version::ZERO {
            continue;
        }
        let differences = row_without_stream(&row).into_differences(&format!("read model {name}"), Version::ZERO);
        let position = record.checkpoint.position;
        let read_model = ReadModelCompared { name: name.clone(), position, version: Version::ZERO, has_row: true };
        reports.push(orphans(&stream, now, Some(read_model), Vec::new(), differences));
    }
    Ok(reports)
}

/// Returns a report on rows without events.
fn orphans(
    stream: &StreamName,
    now: Timestamp,
    read_model: Option<ReadModelCompared>,
    projections: Vec<ProjectionCompared>,
    differences: Vec<Difference>,
) -> ReplayReport {
    let verify = Verified { ok: false, read_model, projections, snapshots_compared: 0, passed_over: Vec::new(), differences };
    let report = report(stream, stream.category().to_owned(), Loaded::default(), now, Value::Null);
    ReplayReport { verify: Some(verify), ..report }
}
