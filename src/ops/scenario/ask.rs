//! Steps that change nothing: a read model is asked, a stream is replayed.

use serde_json::Value;
use serde_json::json;

use crate::ops::error::OpsError;
use crate::ops::replay;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::compare::count;
use crate::ops::scenario::compare::within;
use crate::ops::scenario::model::Query;
use crate::ops::scenario::model::Replay;
use crate::ops::scenario::run::Stage;
use crate::runtime;

/// More rows than a scenario will have.
const MAX_ROWS: usize = 100_000;

/// Asks a read model; what was not as expected.
pub(super) async fn query(stage: &Stage, asked: &Query) -> Result<Vec<Mismatch>, OpsError> {
    let query =
        runtime::Query { name: asked.name.clone(), filters: asked.filters.clone(), after: None, limit: MAX_ROWS, stale: false };
    let found = stage.queries.ask(&query, stage.now()).await?.rows;
    let mut mismatches = Vec::new();
    count("count", asked.count, found.len() as u64, &mut mismatches);
    let Some(rows) = &asked.rows else { return Ok(mismatches) };
    if rows.len() != found.len() {
        let keys: Vec<_> = found.iter().map(|row| row.key.as_str()).collect();
        mismatches.push(Mismatch::of("rows", rows.clone(), json!({ "keys": keys })));
        return Ok(mismatches);
    }
    for (index, (row, found)) in rows.iter().zip(&found).enumerate() {
        within(&format!("rows[{index}]"), row, Some(&found.row), &mut mismatches);
    }
    Ok(mismatches)
}

/// Replays a stream; what was not as expected.
pub(super) async fn replayed(stage: &Stage, asked: &Replay) -> Result<Vec<Mismatch>, OpsError> {
    let input = replay::Replay {
        stream: asked.stream.clone(),
        until: asked.until,
        diff: None,
        reducer: asked.reducer.clone(),
        snapshots: true,
        now: stage.now(),
    };
    let mut mismatches = Vec::new();
    match replay::replay(&stage.store, &input).await {
        Ok(report) if asked.missing => mismatches.push(Mismatch::of("missing", true, format!("version {}", report.version))),
        Ok(report) => {
            count("version", asked.version, report.version.0, &mut mismatches);
            if let Some(state) = &asked.state {
                within("state", state, Some(&report.state), &mut mismatches);
            }
        }
        Err(OpsError::NotFound { .. } | OpsError::NotThere { .. }) if asked.missing => {}
        Err(error @ (OpsError::NotFound { .. } | OpsError::NotThere { .. })) => {
            mismatches.push(Mismatch::of("missing", Value::Bool(false), error.to_string()));
        }
        Err(error) => return Err(error),
    }
    Ok(mismatches)
}
