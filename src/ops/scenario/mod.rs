//! Scenarios: given events, steps over the command bus with a fixed clock, and expected outcomes.

mod compare;
mod environment;
mod model;
mod node;
mod plain_scalar;
mod race;
mod read;
mod read_checks;
mod read_event;
mod read_expect;
mod read_fields;
mod read_projection;
mod read_step;
mod run;
mod write;
mod yaml;

pub use compare::Mismatch;
pub use model::Scenario;
pub use node::ScenarioError;
pub use node::SourceLocation;
pub use read::read_scenarios;
pub use run::ScenarioReport;
pub use run::StepFailure;
pub use run::run_scenario;
