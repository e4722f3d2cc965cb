//! A step in which several want something at the same time: how many had it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use crate::ops::error::OpsError;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::compare::count;
use crate::ops::scenario::model::RaceExpect;
use crate::ops::scenario::model::Wish;
use crate::ops::scenario::run::Stage;
use crate::ops::scenario::write::Became;
use crate::ops::scenario::write::attempt;
use crate::runtime::CommandResult;

/// How many ended in which way.
#[derive(Debug, Default)]
struct Ends {
    applied: u64,
    already_applied: u64,
    unchanged: u64,
    rejected: BTreeMap<&'static str, u64>,
    conflict: u64,
}

/// Lets all of them go at once; what was not as expected.
pub(super) async fn race(stage: &Stage, wishes: &[Wish], expect: &RaceExpect) -> Result<Vec<Mismatch>, OpsError> {
    let all = wishes.iter().flat_map(|wish| (0..wish.times).map(|_| attempt(stage, &wish.what)));
    let mut ends = Ends::default();
    for became in all_of(all.collect()).await {
        match became? {
            Became::Done { outcome: CommandResult::AlreadyApplied, .. } => ends.already_applied += 1,
            Became::Done { outcome: CommandResult::Unchanged, .. } => ends.unchanged += 1,
            Became::Done { .. } => ends.applied += 1,
            Became::Rejected(rejection) => *ends.rejected.entry(rejection.code).or_default() += 1,
            Became::Conflict { .. } => ends.conflict += 1,
        }
    }
    let mut mismatches = Vec::new();
    let succeed = ends.applied + ends.already_applied + ends.unchanged;
    count("succeed", expect.succeed, succeed, &mut mismatches);
    count("applied", expect.applied, ends.applied, &mut mismatches);
    count("already_applied", expect.already_applied, ends.already_applied, &mut mismatches);
    for (code, expected) in &expect.rejected {
        let found = ends.rejected.get(code.as_str()).copied().unwrap_or_default();
        count(&format!("rejected.{code}"), Some(*expected), found, &mut mismatches);
    }
    count("conflict", expect.conflict, ends.conflict, &mut mismatches);
    Ok(mismatches)
}

/// Waits for all of them, each going on whenever it can.
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
