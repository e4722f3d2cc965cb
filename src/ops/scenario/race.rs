//! A step of several writes at the same time. It counts the outcomes.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use crate::ops::error::OpsError;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::compare::count;
use crate::ops::scenario::environment::Environment;
use crate::ops::scenario::model::ExpectedWrite;
use crate::ops::scenario::model::RaceExpect;
use crate::ops::scenario::write::StepOutcome;
use crate::ops::scenario::write::execute;
use crate::runtime::CommandResult;

/// The number of writes for each outcome.
#[derive(Debug, Default)]
struct RaceCounts {
    applied: u64,
    already_applied: u64,
    unchanged: u64,
    rejected: BTreeMap<&'static str, u64>,
    conflict: u64,
}

/// Executes all writes at once and compares the counts with the expected ones.
pub(super) async fn race(
    environment: &Environment,
    writes: &[ExpectedWrite],
    expect: &RaceExpect,
) -> Result<Vec<Mismatch>, OpsError> {
    let all = writes.iter().flat_map(|write| (0..write.times).map(|_| execute(environment, &write.write)));
    let mut counts = RaceCounts::default();
    for outcome in all_of(all.collect()).await {
        match outcome? {
            StepOutcome::Done { outcome: CommandResult::AlreadyApplied, .. } => counts.already_applied += 1,
            StepOutcome::Done { outcome: CommandResult::Unchanged, .. } => counts.unchanged += 1,
            StepOutcome::Done { .. } => counts.applied += 1,
            StepOutcome::Rejected(rejection) => *counts.rejected.entry(rejection.code).or_default() += 1,
            StepOutcome::Conflict { .. } => counts.conflict += 1,
        }
    }
    let mut mismatches = Vec::new();
    let succeed = counts.applied + counts.already_applied + counts.unchanged;
    count("succeed", expect.succeed, succeed, &mut mismatches);
    count("applied", expect.applied, counts.applied, &mut mismatches);
    count("already_applied", expect.already_applied, counts.already_applied, &mut mismatches);
    for (code, expected) in &expect.rejected {
        let found = counts.rejected.get(code.as_str()).copied().unwrap_or_default();
        count(&format!("rejected.{code}"), Some(*expected), found, &mut mismatches);
    }
    count("conflict", expect.conflict, counts.conflict, &mut mismatches);
    Ok(mismatches)
}

/// Polls all futures until each has ended.
async fn all_of<T, F: Future<Output = T>>(futures: Vec<F>) -> Vec<T> {
    let mut under_way: Vec<Option<Pin<Box<F>>>> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
    let mut done = Vec::with_capacity(under_way.len());
    poll_fn(move |context| {
        for slot in &mut under_way {
            if let Some(future) = slot
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                done.push(value);
                *slot = None;
            }
        }
        if under_way.iter().all(Option::is_none) { Poll::Ready(std::mem::take(&mut done)) } else { Poll::Pending }
    })
    .await
}
