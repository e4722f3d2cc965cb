//! Running a scenario: its own store, a clock that stands still, and step after step until one does not come out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::event::Timestamp;
use crate::ops::append_events::AppendEvents;
use crate::ops::append_events::EventInput;
use crate::ops::append_events::append_events;
use crate::ops::error::OpsError;
use crate::ops::projections::create::create_projection;
use crate::ops::scenario::ask::query;
use crate::ops::scenario::ask::replayed;
use crate::ops::scenario::compare::Mismatch;
use crate::ops::scenario::model::Action;
use crate::ops::scenario::model::Append;
use crate::ops::scenario::model::Given;
use crate::ops::scenario::model::Scenario;
use crate::ops::scenario::model::Step;
use crate::ops::scenario::race::race;
use crate::ops::scenario::write::attempt;
use crate::runtime::Clock;
use crate::runtime::CommandBus;
use crate::runtime::QueryBus;
use crate::runtime::SnapshotPolicy;
use crate::store::RecordTime;
use crate::store::Store;

/// How a scenario came out. The same on every backend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioReport {
    /// What it is called.
    pub name: String,
    /// The line it begins in, from 1.
    pub line: usize,
    /// Whether everything was as expected.
    pub ok: bool,
    /// How many steps it has.
    pub steps: usize,
    /// The step that did not come out; those after it were not run.
    pub failed: Option<StepFailure>,
}

/// A step that did not come out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepFailure {
    /// Which step, from 1.
    pub number: usize,
    /// The line it begins in, from 1.
    pub line: usize,
    /// What it is, in a few words.
    pub step: String,
    /// What was not as expected.
    pub mismatches: Vec<Mismatch>,
}

/// A clock that stands still.
#[derive(Debug, Clone)]
struct StandingClock(Arc<AtomicI64>);

impl StandingClock {
    fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.micros())))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros_saturating(self.0.load(Ordering::SeqCst))
    }

    fn set(&self, moment: Timestamp) {
        self.0.store(moment.micros(), Ordering::SeqCst);
    }

    fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

/// The store of a scenario, and what works on it.
pub(super) struct Stage {
    pub(super) store: Store,
    pub(super) commands: CommandBus,
    pub(super) queries: QueryBus,
    clock: StandingClock,
}

impl Stage {
    /// The moment the clock stands at.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Runs a scenario in a store that must be empty; up to the end of a step once it is told to stop, so that nothing is
/// under way any more when it returns.
///
/// # Errors
/// As the store says; what a scenario can expect is no error.
pub async fn run_scenario(store: &Store, scenario: &Scenario, stop: &AtomicBool) -> Result<ScenarioReport, OpsError> {
    let clock = StandingClock::at(scenario.clock);
    // A scenario may ask before anything has happened.
    store.init().await?;
    for projection in &scenario.projections {
        create_projection(store, projection).await?;
    }
    let stage = Stage {
        store: store.clone(),
        commands: CommandBus::with_standing_clock(store.clone(), clock.as_clock(), SnapshotPolicy::default()),
        queries: QueryBus::open(store.clone(), clock.as_clock()).await?,
        clock,
    };
    for given in &scenario.given {
        take_in(&stage, given).await?;
    }
    let mut report =
        ScenarioReport { name: scenario.name.clone(), line: scenario.line, ok: true, steps: scenario.steps.len(), failed: None };
    for (number, step) in (1..).zip(&scenario.steps) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let mismatches = run_step(&stage, step).await?;
        if !mismatches.is_empty() {
            report.ok = false;
            report.failed = Some(StepFailure { number, line: step.line, step: step.title.clone(), mismatches });
            break;
        }
    }
    Ok(report)
}

/// Records what was given; the clock does not stand before it.
async fn take_in(stage: &Stage, given: &Given) -> Result<(), OpsError> {
    let at = given.at.unwrap_or_else(|| stage.now());
    // What is given has happened, whatever the domain makes of it.
    append_events(&stage.store, AppendEvents { force: true, ..given.append.request(at) }).await?;
    stage.clock.set(stage.now().max(at));
    Ok(())
}

impl Append {
    /// The append, recorded at a moment.
    pub(super) fn request(&self, at: Timestamp) -> AppendEvents {
        let event = EventInput {
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            schema_version: self.schema_version,
            data: self.data.clone(),
            metadata: self.metadata.clone(),
        };
        AppendEvents {
            stream: self.stream.clone(),
            expected: self.expected,
            client_id: self.client.clone(),
            correlation_id: None,
            causation_id: None,
            batch: vec![event],
            idempotency_key: None,
            time: RecordTime::Clock(at),
            force: false,
        }
    }
}

/// Runs a step; what was not as expected.
async fn run_step(stage: &Stage, step: &Step) -> Result<Vec<Mismatch>, OpsError> {
    match &step.action {
        Action::Advance(duration) => stage.clock.advance(*duration),
        Action::Try(wish) => return Ok(attempt(stage, &wish.what).await?.compare(&wish.expect)),
        Action::AtOnce(wishes, expect) => return race(stage, wishes, expect).await,
        Action::Query(asked) => return query(stage, asked).await,
        Action::Replay(asked) => return replayed(stage, asked).await,
    }
    Ok(Vec::new())
}
