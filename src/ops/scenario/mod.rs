//! Scenarios: what is given, what happens, and what must come of it, over the command bus, with a clock that
//! stands still.

mod ask;
mod compare;
mod model;
mod node;
mod plain;
mod race;
mod read;
mod read_event;
mod read_expect;
mod read_projection;
mod read_step;
mod run;
mod write;
mod yaml;

pub use compare::Mismatch;
pub use model::Scenario;
pub use node::Place;
pub use node::Problem;
pub use read::read_scenarios;
pub use run::ScenarioReport;
pub use run::StepFailure;
pub use run::run_scenario;
