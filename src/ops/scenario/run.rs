//! Running a scenario in a store of its own with a fixed clock, step by step until one fails.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use serde::Serialize;

use crate::ops::append_events::AppendEvents;
use crate::ops::append_events::append_events;
use crate::ops::error::OpsError;
use crate::ops::projections::create::create_projection;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::environment::Environment;
use crate::ops::scenario::environment::FixedClock;
use crate::ops::scenario::model::Action;
use crate::ops::scenario::model::GivenEvent;
use crate::ops::scenario::model::Scenario;
use crate::ops::scenario::model::ScenarioStep;
use crate::ops::scenario::race::race;
use crate::ops::scenario::read_checks::query;
use crate::ops::scenario::read_checks::replayed;
use crate::ops::scenario::write::execute;
use crate::runtime::CommandBus;
use crate::runtime::QueryBus;
use crate::runtime::SnapshotPolicy;
use crate::store::Store;

/// The outcome of a scenario. It is the same on every backend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioReport {
    /// The name of the scenario.
    pub name: String,
    /// The line that the scenario begins in, from 1.
    pub line: usize,
    /// True if every expectation was met.
    pub ok: bool,
    /// The number of steps.
    pub steps: usize,
    /// The first step that failed. Later steps are not run.
    pub failed: Option<StepFailure>,
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepFailure {
    /// The number of the step, from 1.
    pub number: usize,
    /// The line that the step begins in, from 1.
    pub line: usize,
    /// A short description of the step.
    pub step: String,
    /// The expectations that were not met.
    pub mismatches: Vec<Mismatch>,
}

/// Runs a scenario in an empty store. Once `stop` is set, it returns after the current step, so that nothing is in progress.
/// An unmet expectation is part of the report, not an error.
pub async fn run_scenario(store: &Store, scenario: &Scenario, stop: &AtomicBool) -> Result<ScenarioReport, OpsError> {
    let clock = FixedClock::at(scenario.clock);
    // A query may come before the first event.
    store.init().await?;
    for projection in &scenario.projections {
        create_projection(store, projection).await?;
    }
    let environment = Environment {
        store: store.clone(),
        commands: CommandBus::with_fixed_clock(store.clone(), clock.as_clock(), SnapshotPolicy::default()),
        queries: QueryBus::open(store.clone(), clock.as_clock()).await?,
        clock,
    };
    for given in &scenario.given {
        append_given(&environment, given).await?;
    }
    let mut report =
        ScenarioReport { name: scenario.name.clone(), line: scenario.line, ok: true, steps: scenario.steps.len(), failed: None };
    for (number, step) in (1..).zip(&scenario.steps) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let mismatches = run_step(&environment, step).await?;
        if !mismatches.is_empty() {
            report.ok = false;
            report.failed = Some(StepFailure { number, line: step.line, step: step.title.clone(), mismatches });
            break;
        }
    }
    Ok(report)
}

/// Appends a given event and advances the clock to its time.
async fn append_given(environment: &Environment, given: &GivenEvent) -> Result<(), OpsError> {
    let at = given.at.unwrap_or_else(|| environment.now());
    // A given event is recorded even if the domain cannot apply it.
    append_events(&environment.store, AppendEvents { force: true, ..given.append.request(at) }).await?;
    environment.clock.set(environment.now().max(at));
    Ok(())
}

/// Runs a step and returns the expectations that were not met.
async fn run_step(environment: &Environment, step: &ScenarioStep) -> Result<Vec<Mismatch>, OpsError> {
    match &step.action {
        Action::Advance(duration) => environment.clock.advance(*duration),
        Action::Write(write) => return Ok(execute(environment, &write.write).await?.compare(&write.expect)),
        Action::AtOnce(writes, expect) => return race(environment, writes, expect).await,
        Action::Query(check) => return query(environment, check).await,
        Action::Replay(check) => return replayed(environment, check).await,
    }
    Ok(Vec::new())
}
