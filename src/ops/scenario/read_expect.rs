//! Reading what is expected.

use serde_json::Value;

use crate::ops::scenario::model::Done;
use crate::ops::scenario::model::Expect;
use crate::ops::scenario::model::ExpectedEvent;
use crate::ops::scenario::model::RaceExpect;
use crate::ops::scenario::node::Fields;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Problem;

const WHAT: &str = "what is expected";
const OUTCOMES: [&str; 3] = ["applied", "already_applied", "unchanged"];
/// The ways in which a write comes too late; the codes of the errors of the command line.
pub(super) const CONFLICTS: [&str; 4] = ["version_conflict", "event_id_conflict", "retries_exhausted", "idempotency_key_reused"];

/// What is expected of a write; that it is done, unless told.
pub(super) fn of_write(node: Option<&Node>) -> Result<Expect, Problem> {
    let Some(node) = node else { return Ok(Expect::Done(Done::default())) };
    let fields = Fields::of(node, WHAT, &["events", "state", "version", "outcome", "notes", "rejected", "message", "conflict"])?;
    let others = |these: &[&str]| fields.keys().find(|(key, _)| !these.contains(key));
    if let Some(code) = fields.get("rejected") {
        if let Some((key, place)) = others(&["rejected", "message"]) {
            return Err(Problem::at(place, format!("what is rejected has no {key}")));
        }
        let code = code.text("the code of a rejection, like resource_locked")?.to_owned();
        let message = fields.read("message", |node| node.text("a part of what is said"))?.map(str::to_owned);
        return Ok(Expect::Rejected { code, message });
    }
    if let Some(conflict) = fields.get("conflict") {
        if let Some((key, place)) = others(&["conflict"]) {
            return Err(Problem::at(place, format!("what comes too late has no {key}")));
        }
        return Ok(Expect::Conflict { code: conflict_code(conflict)? });
    }
    if let Some(message) = fields.get("message") {
        return Err(Problem::at(message.place, "message is for what is rejected"));
    }
    Ok(Expect::Done(Done {
        outcome: fields.read("outcome", outcome)?,
        events: fields.read("events", |node| node.list()?.iter().map(event).collect())?,
        version: fields.read("version", Node::count)?,
        notes: fields.read("notes", |node| node.list()?.iter().map(note).collect())?,
        state: fields.read("state", |node| Ok(node.json()))?,
    }))
}

fn conflict_code(node: &Node) -> Result<Option<String>, Problem> {
    match &node.kind {
        Kind::Scalar(Value::Bool(true)) => Ok(None),
        Kind::Scalar(Value::String(code)) if CONFLICTS.contains(&code.as_str()) => Ok(Some(code.clone())),
        Kind::Scalar(Value::String(code)) => Err(Problem::unknown(node.place, "conflict", code, &CONFLICTS)),
        _ => Err(node.wanted(&format!("true, or one of {}", CONFLICTS.join(", ")))),
    }
}

fn note(node: &Node) -> Result<String, Problem> {
    node.text("the code of a note, like capped").map(str::to_owned)
}

fn outcome(node: &Node) -> Result<String, Problem> {
    let outcome = node.text("an outcome")?;
    let known = OUTCOMES.contains(&outcome);
    if known { Ok(outcome.to_owned()) } else { Err(Problem::unknown(node.place, "outcome", outcome, &OUTCOMES)) }
}

/// An event: its type alone, or with what is in its data.
fn event(node: &Node) -> Result<ExpectedEvent, Problem> {
    if let Kind::Scalar(Value::String(event_type)) = &node.kind {
        return Ok(ExpectedEvent { event_type: event_type.clone(), data: None });
    }
    let fields = Fields::of(node, "an expected event", &["type", "data"])?;
    let event_type = fields.need("type")?.text("the type of an event")?.to_owned();
    Ok(ExpectedEvent { event_type, data: fields.read("data", Node::object)? })
}

/// How a race is expected to end; everybody has what they wanted, unless told.
pub(super) fn of_race(node: Option<&Node>, all: u64) -> Result<RaceExpect, Problem> {
    let Some(node) = node else { return Ok(RaceExpect { succeed: Some(all), ..RaceExpect::default() }) };
    let fields = Fields::of(node, WHAT, &["succeed", "applied", "already_applied", "rejected", "conflict"])?;
    let count = |key| fields.read(key, Node::count);
    let rejected = match fields.get("rejected").map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Map(codes))) => {
            codes.iter().map(|entry| Ok((entry.key.clone(), entry.value.count()?))).collect::<Result<_, _>>()?
        }
        Some((node, _)) => return Err(node.wanted("a map of codes and how many, like {insufficient_amount: 2}")),
    };
    Ok(RaceExpect {
        succeed: count("succeed")?,
        applied: count("applied")?,
        already_applied: count("already_applied")?,
        rejected,
        conflict: count("conflict")?,
    })
}

/// The rows that are expected, and how many.
pub(super) fn of_query(node: &Node) -> Result<(Option<Vec<Value>>, Option<u64>), Problem> {
    let fields = Fields::of(node, WHAT, &["rows", "count"])?;
    let rows = fields.read("rows", |node| node.list()?.iter().map(Node::object).collect())?;
    Ok((rows, fields.read("count", Node::count)?))
}

/// The state and the version that are expected, or that there is nothing.
pub(super) fn of_replay(node: &Node) -> Result<(Option<Value>, Option<u64>, bool), Problem> {
    let fields = Fields::of(node, WHAT, &["state", "version", "missing"])?;
    let missing = fields.read("missing", Node::truth)?.unwrap_or(false);
    let state = fields.read("state", |node| Ok(node.json()))?;
    Ok((state, fields.read("version", Node::count)?, missing))
}
