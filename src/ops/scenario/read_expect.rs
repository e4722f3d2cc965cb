//! OtherReading the expectations of a step.

use serde_json::Value;

use crate::ops::scenario::model::Expect;
use crate::ops::scenario::model::ExpectedEvent;
use crate::ops::scenario::model::ExpectedSuccess;
use crate::ops::scenario::model::RaceExpect;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;

/// The name of an expectation in messages.
const WHAT: &str = "an expectation";
const OUTCOMES: [&str; 3] = ["applied", "already_applied", "unchanged"];
/// The codes of conflicts, which are the codes of the errors of the command line.
pub(super) const CONFLICTS: [&str; 4] = ["version_conflict", "event_id_conflict", "retries_exhausted", "idempotency_key_reused"];

/// Reads the expectation of a write. Without one the write must succeed.
pub(super) fn of_write(node: Option<&YamlNode>) -> Result<Expect, ScenarioError> {
    let Some(node) = node else { return Ok(Expect::Success(ExpectedSuccess::default())) };
    let fields =
        YamlFields::of(node, WHAT, &["events", "state", "version", "outcome", "notes", "rejected", "message", "conflict"])?;
    let others = |these: &[&str]| fields.keys().find(|(key, _)| !these.contains(key));
    if let Some(code) = fields.get("rejected") {
        if let Some((key, location)) = others(&["rejected", "message"]) {
            return Err(ScenarioError::at(location, format!("a rejection has no {key}")));
        }
        let code = code.text("the code of a rejection, like resource_locked")?.to_owned();
        let message = fields.read("message", |node| node.text("a part of the message"))?.map(str::to_owned);
        return Ok(Expect::Rejected { code, message });
    }
    if let Some(conflict) = fields.get("conflict") {
        if let Some((key, location)) = others(&["conflict"]) {
            return Err(ScenarioError::at(location, format!("a conflict has no {key}")));
        }
        return Ok(Expect::Conflict { code: conflict_code(conflict)? });
    }
    if let Some(message) = fields.get("message") {
        return Err(ScenarioError::at(message.location, "message is only for a rejection"));
    }
    Ok(Expect::Success(ExpectedSuccess {
        outcome: fields.read("outcome", outcome)?,
        events: fields.read("events", |node| node.list()?.iter().map(event).collect())?,
        version: fields.read("version", YamlNode::count)?,
        notes: fields.read("notes", |node| node.list()?.iter().map(note).collect())?,
        state: fields.read("state", |node| Ok(node.json()))?,
    }))
}

fn conflict_code(node: &YamlNode) -> Result<Option<String>, ScenarioError> {
    match &node.kind {
        Kind::Scalar(Value::Bool(true)) => Ok(None),
        Kind::Scalar(Value::String(code)) if CONFLICTS.contains(&code.as_str()) => Ok(Some(code.clone())),
        Kind::Scalar(Value::String(code)) => Err(ScenarioError::unknown(node.location, "conflict", code, &CONFLICTS)),
        _ => Err(node.expected(&format!("true, or one of {}", CONFLICTS.join(", ")))),
    }
}

fn note(node: &YamlNode) -> Result<String, ScenarioError> {
    node.text("the code of a note, like capped").map(str::to_owned)
}

fn outcome(node: &YamlNode) -> Result<String, ScenarioError> {
    let outcome = node.text("an outcome")?;
    let known = OUTCOMES.contains(&outcome);
    if known { Ok(outcome.to_owned()) } else { Err(ScenarioError::unknown(node.location, "outcome", outcome, &OUTCOMES)) }
}

/// Reads an expected event: a type, or a map with type and data.
fn event(node: &YamlNode) -> Result<ExpectedEvent, ScenarioError> {
    if let Kind::Scalar(Value::String(event_type)) = &node.kind {
        return Ok(ExpectedEvent { event_type: event_type.clone(), data: None });
    }
    let fields = YamlFields::of(node, "an expected event", &["type", "data"])?;
    let event_type = fields.need("type")?.text("the type of an event")?.to_owned();
    Ok(ExpectedEvent { event_type, data: fields.read("data", YamlNode::object)? })
}

/// Reads the expectation of a race. Without one every write must succeed.
pub(super) fn of_race(node: Option<&YamlNode>, all: u64) -> Result<RaceExpect, ScenarioError> {
    let Some(node) = node else { return Ok(RaceExpect { succeed: Some(all), ..RaceExpect::default() }) };
    let fields = YamlFields::of(node, WHAT, &["succeed", "applied", "already_applied", "rejected", "conflict"])?;
    let count = |key| fields.read(key, YamlNode::count);
    let rejected = match fields.get("rejected").map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Map(codes))) => {
            codes.iter().map(|entry| Ok((entry.key.clone(), entry.value.count()?))).collect::<Result<_, _>>()?
        }
        Some((node, _)) => return Err(node.expected("a map of codes and numbers, like {insufficient_amount: 2}")),
    };
    Ok(RaceExpect {
        succeed: count("succeed")?,
        applied: count("applied")?,
        already_applied: count("already_applied")?,
        rejected,
        conflict: count("conflict")?,
    })
}

/// Reads the expected rows and their expected number.
pub(super) fn of_query(node: &YamlNode) -> Result<(Option<Vec<Value>>, Option<u64>), ScenarioError> {
    let fields = YamlFields::of(node, WHAT, &["rows", "count"])?;
    let rows = fields.read("rows", |node| node.list()?.iter().map(YamlNode::object).collect())?;
    Ok((rows, fields.read("count", YamlNode::count)?))
}

/// Reads the expected state and version of a replay, or that there must be no stream.
pub(super) fn of_replay(node: &YamlNode) -> Result<(Option<Value>, Option<u64>, bool), ScenarioError> {
    let fields = YamlFields::of(node, WHAT, &["state", "version", "missing"])?;
    let missing = fields.read("missing", YamlNode::truth)?.unwrap_or(false);
    let state = fields.read("state", |node| Ok(node.json()))?;
    Ok((state, fields.read("version", YamlNode::count)?, missing))
}
