//! The steps of the demo, and what each must print.

use crate::cli::exit;

/// A step of the demo.
pub(super) struct DemoStep {
    /// The heading of this step and those after it.
    pub title: Option<&'static str>,
    pub action: DemoAction,
    /// The exit code that the command ends with.
    pub exit: u8,
    /// Texts that the command prints.
    pub prints: &'static [&'static str],
}

/// The action of a step.
pub(super) enum DemoAction {
    /// A command line. `{moment}` is the moment of the first rejection.
    Run(&'static str),
    /// As [`DemoAction::Run`], with the first lines of the results only.
    RunHead(&'static str, usize),
    /// A command line of clients at the same time. One of them succeeds.
    Race(&'static str, usize),
    /// Damage to the row of gold in the read model.
    Damage,
}

const fn step(action: DemoAction, exit: u8, prints: &'static [&'static str]) -> DemoStep {
    DemoStep { title: None, action, exit, prints }
}

const fn titled(title: &'static str, action: DemoAction, exit: u8, prints: &'static [&'static str]) -> DemoStep {
    DemoStep { title: Some(title), ..step(action, exit, prints) }
}

/// The steps, in order.
pub(super) const STEPS: [DemoStep; 17] = [
    titled(
        "Each change is an event. The rules of the domain decide.",
        DemoAction::Run("esctl resource create gold --owner ann --type coin --amount 1000 --max 2000"),
        exit::DONE,
        &["applied: resource-gold #1", "amount 1000 of 2000"],
    ),
    step(
        DemoAction::Run("esctl resource allocate gold 200 --reason 'a sword' --client ann"),
        exit::DONE,
        &["applied: resource-gold #2", "800 of 2000"],
    ),
    step(
        DemoAction::Run("esctl resource lock gold --for 5m --reason maintenance --client admin"),
        exit::DONE,
        &["applied: resource-gold #3", "locked until"],
    ),
    step(
        DemoAction::Run("esctl resource allocate gold 300 --reason 'a shield' --client ann"),
        exit::REJECTED,
        &["is locked until", "maintenance"],
    ),
    step(DemoAction::Run("esctl resource unlock gold --client admin"), exit::DONE, &["applied: resource-gold #4", "unlocked"]),
    titled(
        "Ten players want 700 at the same moment. One gets it.",
        DemoAction::Race("esctl resource allocate gold 700", 10),
        exit::REJECTED,
        &["1 applied: resource-gold #5", "100 of 2000", "9 error: resource gold has 100, requested 700"],
    ),
    titled(
        "The state at any moment, and who made it. Here: when ann was rejected.",
        DemoAction::Run("esctl resource show gold --at {moment}"),
        exit::DONE,
        &["amount:         800", "is_locked:      true"],
    ),
    step(
        DemoAction::Run("esctl replay resource-gold --trace"),
        exit::DONE,
        &["resource.created", "admin", "resource.locked", "\"maintenance\"", "state at #5: amount 100 of 2000"],
    ),
    titled(
        "The event after which less than 500 were left.",
        DemoAction::RunHead("esctl bisect resource-gold --where '.amount < 500'", 4),
        exit::DONE,
        &["version 5", "resource.allocated"],
    ),
    titled(
        "A stray UPDATE damages the read model. The events show it and repair it.",
        DemoAction::Run("esctl projection run resources"),
        exit::DONE,
        &["resources", "5  yes"],
    ),
    step(DemoAction::Damage, exit::DONE, &[]),
    step(DemoAction::Run("esctl resource list"), exit::DONE, &["gold  ann    coin    9999  2000"]),
    step(
        DemoAction::Run("esctl verify"),
        exit::INTEGRITY,
        &["verdict:  damaged", "read_model", "row gold of read model resources", "9999"],
    ),
    step(
        DemoAction::RunHead("esctl replay resource-gold --verify", 14),
        exit::CHECK_FAILED,
        &["differs", "/amount", "expected:      100", "stored:        9999", "explained by"],
    ),
    step(DemoAction::Run("esctl projection rebuild resources"), exit::DONE, &["resources", "5  yes"]),
    step(DemoAction::RunHead("esctl replay resource-gold --verify", 8), exit::DONE, &["no differences"]),
    step(DemoAction::Run("esctl verify"), exit::DONE, &["verdict:  ok", "5 events"]),
];

/// The commands to try on the kept store.
pub(super) const TO_TRY: [&str; 6] = [
    "esctl ui",
    "esctl stream read --all",
    "esctl replay resource-gold --version 3",
    "esctl resource history gold",
    "esctl resource add gold 50 --reason quest",
    "esctl serve",
];
