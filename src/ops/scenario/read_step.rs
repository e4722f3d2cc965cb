//! OtherReading steps and their expectations.

use std::time::Duration;

use jiff::Span;
use jiff::SpanRelativeTo;
use serde_json::Value;

use crate::domain;
use crate::event::ExpectedVersion;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::jq::JqProgram;
use crate::ops::projections::create::CreateProjection;
use crate::ops::reducer::Reducer;
use crate::ops::replay::PointInTime;
use crate::ops::scenario::model::Action;
use crate::ops::scenario::model::ExpectedWrite;
use crate::ops::scenario::model::QueryCheck;
use crate::ops::scenario::model::ReplayCheck;
use crate::ops::scenario::model::ScenarioStep;
use crate::ops::scenario::model::Write;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;
use crate::ops::scenario::read_event::append;
use crate::ops::scenario::read_event::command;
use crate::ops::scenario::read_event::expected_version;
use crate::ops::scenario::read_expect;
use crate::ops::scenario::read_fields::moment;

/// The keys of each kind of step. The first one names the kind.
const KINDS: [&[&str]; 6] = [
    &["run", "with", "as", "expect_version", "idempotency_key", "correlation_id", "causation_id", "retries", "times", "expect"],
    &["append", "type", "data", "metadata", "event_id", "schema_version", "as", "expect_version", "times", "expect"],
    &["advance"],
    &["query", "where", "expect"],
    &["replay", "version", "at", "position", "reducer", "expect"],
    &["at_once", "expect"],
];
/// Maximum number of writes at once.
const MAX_AT_ONCE: u64 = 1000;

/// Reads a step of a scenario with these projections.
pub(super) fn step(node: &YamlNode, projections: &[CreateProjection]) -> Result<ScenarioStep, ScenarioError> {
    let (kind, fields) = known_kind(node)?;
    let action = match kind {
        "advance" => Action::Advance(duration(fields.need(kind)?)?),
        "query" => Action::Query(query(&fields, projections)?),
        "replay" => Action::Replay(replay(&fields)?),
        "at_once" => at_once(&fields)?,
        _ => Action::Write(write(kind, &fields, false)?),
    };
    let target = match (&action, fields.get(kind).map(|node| &node.kind)) {
        (Action::Write(ExpectedWrite { write: Write::Command(run), .. }), _) => format!("{} {}", run.command, run.id),
        (Action::AtOnce(writes, _), _) => format!("{} writes", writes.iter().map(|write| write.times).sum::<u64>()),
        (_, Some(Kind::Scalar(Value::String(text)))) => text.clone(),
        _ => String::new(),
    };
    Ok(ScenarioStep { line: node.location.line, title: format!("{kind} {target}"), action })
}

/// Returns the kind of a step. Keys of other kinds are errors.
fn known_kind(node: &YamlNode) -> Result<(&'static str, YamlFields<'_>), ScenarioError> {
    let names = KINDS.map(|keys| keys[0]);
    let Kind::Map(entries) = &node.kind else { return Err(node.expected(&format!("a step: a map with {}", names.join(", ")))) };
    let kinds: Vec<_> = KINDS.iter().filter(|keys| entries.iter().any(|entry| entry.key == keys[0])).collect();
    match kinds.as_slice() {
        [keys] => Ok((keys[0], YamlFields::of(node, keys[0], keys)?)),
        [] => {
            let first = entries.first();
            let error = first.map(|entry| ScenarioError::unknown(entry.location, "step", &entry.key, &names));
            let error = error.unwrap_or_else(|| node.expected("a step"));
            Err(ScenarioError { message: format!("{}; a step is one of {}", error.message, names.join(", ")), ..error })
        }
        [one, other, ..] => {
            Err(ScenarioError::at(node.location, format!("a step cannot both {} and {}; write two steps", one[0], other[0])))
        }
    }
}

fn write(kind: &str, fields: &YamlFields<'_>, in_race: bool) -> Result<ExpectedWrite, ScenarioError> {
    let write = if kind == "run" {
        Write::Command(Box::new(command(fields)?))
    } else {
        let stream = fields.need("append")?.parse("a stream like order-7", StreamName::parse)?;
        let expected = fields.read("expect_version", expected_version)?.unwrap_or(ExpectedVersion::Any);
        Write::Append(Box::new(append(fields, stream, expected)?))
    };
    let times = match fields.get("times") {
        None => 1,
        Some(node) if !in_race => return Err(ScenarioError::at(node.location, "times is only for the writes of at_once")),
        Some(node) => node
            .count()
            .ok()
            .filter(|times| (1..=MAX_AT_ONCE).contains(times))
            .ok_or_else(|| node.expected(&format!("a whole number from 1 to {MAX_AT_ONCE}")))?,
    };
    match fields.get("expect") {
        Some(node) if in_race => Err(ScenarioError::at(node.location, "a write in at_once has no expect; add it beside at_once")),
        expect => Ok(ExpectedWrite { write, expect: read_expect::of_write(expect)?, times }),
    }
}

fn at_once(fields: &YamlFields<'_>) -> Result<Action, ScenarioError> {
    let node = fields.need("at_once")?;
    let mut writes = Vec::new();
    for item in node.list()? {
        match known_kind(item)? {
            (kind @ ("run" | "append"), fields) => writes.push(write(kind, &fields, true)?),
            (kind, _) => {
                return Err(ScenarioError::at(item.location, format!("{kind} is not allowed in at_once, only run and append")));
            }
        }
    }
    let all: u64 = writes.iter().map(|write| write.times).sum();
    if all == 0 || all > MAX_AT_ONCE {
        return Err(ScenarioError::at(node.location, format!("at_once has {all} writes, expected 1 to {MAX_AT_ONCE}")));
    }
    Ok(Action::AtOnce(writes, read_expect::of_race(fields.get("expect"), all)?))
}

fn query(fields: &YamlFields<'_>, own: &[CreateProjection]) -> Result<QueryCheck, ScenarioError> {
    let node = fields.need("query")?;
    let name = node.text("the name of a read model")?;
    let built_in = domain::projections().into_iter().map(|projection| projection.name().to_owned());
    let names: Vec<_> = built_in.chain(own.iter().map(|projection| projection.name.clone())).collect();
    if !names.iter().any(|known| known == name) {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        return Err(ScenarioError::unknown(node.location, "read model", name, &names));
    }
    let filters = match fields.get("where").map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Map(entries))) => entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect(),
        Some((node, _)) => return Err(node.expected("a map of fields and the values they must have")),
    };
    let (rows, count) = read_expect::of_query(fields.need("expect")?)?;
    Ok(QueryCheck { name: name.to_owned(), filters, rows, count })
}

fn replay(fields: &YamlFields<'_>) -> Result<ReplayCheck, ScenarioError> {
    let stream = fields.need("replay")?.parse("a stream like resource-gold", StreamName::parse)?;
    let untils = [
        fields.read("version", YamlNode::count)?.map(|version| PointInTime::Version(Version(version))),
        fields.read("position", YamlNode::count)?.map(|position| PointInTime::Position(Position(position))),
        fields.read("at", moment)?.map(PointInTime::Time),
    ];
    let mut untils = untils.into_iter().flatten();
    let until = untils.next().unwrap_or_default();
    if untils.next().is_some() {
        return Err(ScenarioError::at(fields.need("replay")?.location, "use only one of version, position and at"));
    }
    let reducer = fields.read("reducer", reducer)?.unwrap_or_default();
    reducer.fold(&stream).map_err(|error| ScenarioError::at(fields.location, error.to_string()))?;
    let (state, version, missing) = read_expect::of_replay(fields.need("expect")?)?;
    Ok(ReplayCheck { stream, until, reducer, state, version, missing })
}

/// Reads the name of a reducer, or `jq: PROGRAM`.
fn reducer(node: &YamlNode) -> Result<Reducer, ScenarioError> {
    let name = node.text("the name of a reducer, or 'jq: PROGRAM'")?;
    if let Some(program) = name.strip_prefix("jq:") {
        let compile = |program: &str| JqProgram::compile("reducer", program).map_err(|error| error.in_one_line());
        return node.parse("a jq program", |_| compile(program.trim()).map(Reducer::Jq));
    }
    Reducer::named(name).ok_or_else(|| ScenarioError::unknown(node.location, "reducer", name, &Reducer::names()))
}

/// Reads a duration: `5m`, `1h30m`, `2 days`. A day has 24 hours.
fn duration(node: &YamlNode) -> Result<Duration, ScenarioError> {
    let wanted = "a duration like 90s, 5m, 1h30m or 2 days";
    let span: Option<Span> = node.text(wanted)?.parse().ok();
    let whole = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    whole.and_then(|whole| Duration::try_from(whole).ok()).ok_or_else(|| node.expected(wanted))
}
