//! Steps that change nothing: a query of a read model, a replay of a stream.

use serde_json::Value;
use serde_json::json;

use crate::ops::error::OpsError;
use crate::ops::replay;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::compare::count;
use crate::ops::scenario::compare::within;
use crate::ops::scenario::environment::Environment;
use crate::ops::scenario::model::QueryCheck;
use crate::ops::scenario::model::ReplayCheck;
use crate::runtime;

/// Maximum number of rows that a query reads.
const MAX_ROWS: usize = 100_000;

/// Queries a read model and compares the rows with the expected ones.
pub(super) async fn query(environment: &Environment, check: &QueryCheck) -> Result<Vec<Mismatch>, OpsError> {
    let query =
        runtime::Query { name: check.name.clone(), filters: check.filters.clone(), after: None, limit: MAX_ROWS, stale: false };
    let found = environment.queries.ask(&query, environment.now()).await?.rows;
    let mut mismatches = Vec::new();
    count("count", check.count, found.len() as u64, &mut mismatches);
    let Some(rows) = &check.rows else { return Ok(mismatches) };
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

/// Replays a stream and compares its state with the expected one.
pub(super) async fn replayed(environment: &Environment, check: &ReplayCheck) -> Result<Vec<Mismatch>, OpsError> {
    let input = replay::Replay {
        stream: check.stream.clone(),
        until: check.until,
        diff: None,
        reducer: check.reducer.clone(),
        snapshots: true,
        now: environment.now(),
    };
    let mut mismatches = Vec::new();
    match replay::replay(&environment.store, &input).await {
        Ok(report) if check.missing => mismatches.push(Mismatch::of("missing", true, format!("version {}", report.version))),
        Ok(report) => {
            count("version", check.version, report.version.0, &mut mismatches);
            if let Some(state) = &check.state {
                within("state", state, Some(&report.state), &mut mismatches);
            }
        }
        Err(OpsError::NotFound { .. } | OpsError::NotThere { .. }) if check.missing => {}
        Err(error @ (OpsError::NotFound { .. } | OpsError::NotThere { .. })) => {
            mismatches.push(Mismatch::of("missing", Value::Bool(false), error.to_string()));
        }
        Err(error) => return Err(error),
    }
    Ok(mismatches)
}
