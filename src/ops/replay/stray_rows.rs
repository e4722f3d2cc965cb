//! Rows of a read model that no stream stands behind: comparing stream by stream never meets them.

use crate::domain;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::changes::Change;
use crate::ops::error::OpsError;
use crate::ops::pages::Pages;
use crate::ops::rebuild::Verdict;
use crate::ops::replay::stream::ReplayReport;
use crate::ops::replay::stream::report;
use crate::ops::replay::verify::ReadModelCompared;
use crate::ops::replay::verify::Verified;
use crate::ops::replay::verify::differences_of;
use crate::ops::replay::verify::live;
use crate::runtime::Loaded;
use crate::store::ReadModel;
use crate::store::RowQuery;
use crate::store::Store;

/// A report for each row of a category's read model whose stream has no events; `rows` are those that were compared.
pub(super) async fn stray_rows(store: &Store, category: &str, rows: u64, now: Timestamp) -> Result<Vec<ReplayReport>, OpsError> {
    let domain = domain::of_category(category);
    let Some(projection) = domain.and_then(|domain| domain.projection) else { return Ok(Vec::new()) };
    let name = projection.name().to_owned();
    let Some(record) = live(store, &*projection).await? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    // Looked for only where there are more of them than were met.
    if store.count_rows(ReadModel::live(&name)).await? <= rows {
        return Ok(found);
    }
    let mut rows = Pages::of(store, RowQuery { name: name.clone(), ..RowQuery::default() });
    while let Some((key, row)) = rows.next().await? {
        let Ok(stream) = StreamName::of(category, &key) else { continue };
        if store.stream_version(stream.clone()).await? > Version::ZERO {
            continue;
        }
        let changes = vec![Change { path: String::new(), before: None, after: Some(row.into()) }];
        let verdict = Verdict::Differs { reason: "the row is of a stream without events".into(), changes, event: None };
        let position = record.checkpoint.position;
        let mut stray = report(&stream, category.to_owned(), Loaded::default(), now, serde_json::Value::Null);
        stray.verify = Some(Verified {
            ok: false,
            read_model: Some(ReadModelCompared { name: name.clone(), position, version: Version::ZERO, has_row: true }),
            snapshots_compared: 0,
            passed_over: Vec::new(),
            projections: Vec::new(),
            differences: differences_of(&format!("read model {name}"), Version::ZERO, verdict),
        });
        found.push(stray);
    }
    Ok(found)
}
