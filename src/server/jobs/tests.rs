//! The outcomes of jobs: success, failure, panic and cancellation.

use std::sync::Arc;

use super::Job;
use super::JobKind;
use super::JobRequest;
use super::JobState;
use super::Jobs;
use super::Meter;
use super::job_list::ALL_RESULTS_BYTES;
use super::job_list::MAX_KEPT;
use super::job_list::MAX_UNDER_WAY;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::ops::OpsError;
use crate::runtime::system_clock;

fn jobs() -> Jobs {
    Jobs::new(system_clock())
}

fn request(target: &str, exclusive: bool) -> JobRequest {
    JobRequest { kind: JobKind::Rebuild, target: target.into(), asked_by: "ann".into(), exclusive }
}

async fn ended(jobs: &Jobs, id: Uuid) -> Job {
    loop {
        match jobs.get(id) {
            Some(job) if job.has_ended() => return job,
            _ => tokio::task::yield_now().await,
        }
    }
}

/// Starts a job that lasts until it is notified.
fn lasting(jobs: &Jobs, target: &str, go: &Arc<Notify>) -> Result<Job, crate::server::HttpProblem> {
    let go = Arc::clone(go);
    jobs.start(request(target, true), async move |_: Meter| {
        go.notified().await;
        Ok::<_, OpsError>(1)
    })
}

#[tokio::test]
async fn a_job_tells_how_far_it_is_and_what_it_found() {
    let (jobs, go) = (jobs(), Arc::new(Notify::new()));
    let wait = Arc::clone(&go);
    let begun = jobs.start(request("resources", true), async move |meter: Meter| {
        meter.of(10);
        meter.add(4);
        wait.notified().await;
        meter.add(6);
        Ok::<_, OpsError>(vec![1, 2])
    });
    let id = begun.unwrap().id;
    while jobs.get(id).unwrap().done < 4 {
        tokio::task::yield_now().await;
    }
    let running = jobs.get(id).unwrap();
    assert_eq!((running.state, running.total, running.ended_at), (JobState::Running, Some(10), None));
    go.notify_one();
    let done = ended(&jobs, id).await;
    assert_eq!((done.state, done.done, done.result.unwrap().get()), (JobState::Done, 10, "[1,2]"));
    assert!(done.ended_at.is_some() && done.error.is_none());
}

#[tokio::test]
async fn a_job_that_fails_or_panics_says_so() {
    let jobs = jobs();
    let fails = jobs.start(request("a", true), async |_: Meter| Err::<(), _>(OpsError::Invalid("no".into()))).unwrap();
    let failed = ended(&jobs, fails.id).await;
    assert_eq!((failed.state, failed.error.unwrap().message.as_str()), (JobState::Failed, "no"));
    let panics = jobs.start(request("b", true), async |_: Meter| -> Result<(), OpsError> { panic!("tried") }).unwrap();
    let failed = ended(&jobs, panics.id).await;
    assert_eq!((failed.state, failed.error.unwrap().code), (JobState::Failed, "bug"));
}

#[tokio::test]
async fn the_same_rebuild_does_not_run_twice_at_a_time() {
    let (jobs, go) = (jobs(), Arc::new(Notify::new()));
    let first = lasting(&jobs, "resources", &go).unwrap();
    let refused = lasting(&jobs, "resources", &go).unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure.code), (409, "already_under_way"));
    assert_eq!(refused.failure.details["job"], first.id.to_string());
    lasting(&jobs, "documents", &go).unwrap();
    go.notify_waiters();
    go.notify_one();
    ended(&jobs, first.id).await;
    lasting(&jobs, "resources", &go).unwrap();
}

#[tokio::test]
async fn what_is_under_way_and_what_is_remembered_is_limited() {
    let (jobs, go) = (jobs(), Arc::new(Notify::new()));
    let begun: Vec<_> = (0..MAX_UNDER_WAY).map(|number| lasting(&jobs, &number.to_string(), &go).unwrap().id).collect();
    let refused = lasting(&jobs, "one more", &go).unwrap_err();
    assert_eq!((refused.status.as_u16(), refused.failure.code), (503, "too_many_jobs"));
    for id in &begun {
        go.notify_one();
        while !jobs.list().iter().any(|job| job.id == *id && job.has_ended()) {
            go.notify_one();
            tokio::task::yield_now().await;
        }
    }
    for _ in 0..MAX_KEPT {
        let id = jobs.start(request("x", false), async |_: Meter| Ok::<_, OpsError>(())).unwrap().id;
        ended(&jobs, id).await;
    }
    assert_eq!(jobs.list().len(), MAX_KEPT);
    assert!(jobs.get(begun[0]).is_none());
}

#[tokio::test]
async fn what_jobs_found_takes_only_so_much_memory() {
    let jobs = jobs();
    let size = 3 << 20;
    for _ in 0..8 {
        let id = jobs.start(request("x", false), async move |_: Meter| Ok::<_, OpsError>("x".repeat(size))).unwrap().id;
        ended(&jobs, id).await;
    }
    let bytes: usize = jobs.list().iter().filter_map(|job| job.result.as_ref()).map(|result| result.get().len()).sum();
    assert!(bytes > size && bytes <= ALL_RESULTS_BYTES, "{bytes}");
    let id = jobs.start(request("x", false), async |_: Meter| Ok::<_, OpsError>("x".repeat(5 << 20))).unwrap().id;
    let failed = ended(&jobs, id).await;
    assert_eq!((failed.state, failed.error.unwrap().code), (JobState::Failed, "result_too_large"));
}

#[tokio::test]
async fn a_stop_breaks_off_what_runs_and_what_waits() {
    let (jobs, go) = (jobs(), Arc::new(Notify::new()));
    let begun: Vec<_> = (0..5).map(|number| lasting(&jobs, &number.to_string(), &go).unwrap().id).collect();
    tokio::task::yield_now().await;
    jobs.stop().await;
    for id in begun {
        assert_eq!(jobs.get(id).unwrap().state, JobState::Stopped);
    }
    assert_eq!(lasting(&jobs, "x", &go).unwrap_err().failure.code, "stopping");
}
