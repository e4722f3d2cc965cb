//! Reading steps: which one it is, and what is expected of it.

use std::time::Duration;

use jiff::Span;
use jiff::SpanRelativeTo;
use serde_json::Value;

use crate::domain;
use crate::event::ExpectedVersion;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::jq::Program;
use crate::ops::projections::create::CreateProjection;
use crate::ops::reducer::Reducer;
use crate::ops::replay::Until;
use crate::ops::scenario::model::Action;
use crate::ops::scenario::model::Query;
use crate::ops::scenario::model::Replay;
use crate::ops::scenario::model::Step;
use crate::ops::scenario::model::Wish;
use crate::ops::scenario::model::Write;
use crate::ops::scenario::node::Fields;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Problem;
use crate::ops::scenario::read::moment;
use crate::ops::scenario::read_event::append;
use crate::ops::scenario::read_event::command;
use crate::ops::scenario::read_event::expected_version;
use crate::ops::scenario::read_expect;

/// What each kind of step is made of; the first of its keys says which it is.
const KINDS: [&[&str]; 6] = [
    &["run", "with", "as", "expect_version", "idempotency_key", "correlation_id", "causation_id", "retries", "times", "expect"],
    &["append", "type", "data", "metadata", "event_id", "schema_version", "as", "expect_version", "times", "expect"],
    &["advance"],
    &["query", "where", "expect"],
    &["replay", "version", "at", "position", "reducer", "expect"],
    &["at_once", "expect"],
];
/// How many may race.
const MAX_AT_ONCE: u64 = 1000;

/// One step of a scenario that has these projections of its own.
pub(super) fn step(node: &Node, projections: &[CreateProjection]) -> Result<Step, Problem> {
    let (kind, fields) = known_kind(node)?;
    let action = match kind {
        "advance" => Action::Advance(duration(fields.need(kind)?)?),
        "query" => Action::Query(query(&fields, projections)?),
        "replay" => Action::Replay(replay(&fields)?),
        "at_once" => at_once(&fields)?,
        _ => Action::Try(wish(kind, &fields, false)?),
    };
    let target = match (&action, fields.get(kind).map(|node| &node.kind)) {
        (Action::Try(Wish { what: Write::Run(run), .. }), _) => format!("{} {}", run.command, run.id),
        (Action::AtOnce(wishes, _), _) => format!("{} writes", wishes.iter().map(|wish| wish.times).sum::<u64>()),
        (_, Some(Kind::Scalar(Value::String(text)))) => text.clone(),
        _ => String::new(),
    };
    Ok(Step { line: node.place.line, title: format!("{kind} {target}"), action })
}

/// Which kind of step it is, with no key that is not of that kind.
fn known_kind(node: &Node) -> Result<(&'static str, Fields<'_>), Problem> {
    let names = KINDS.map(|keys| keys[0]);
    let Kind::Map(entries) = &node.kind else { return Err(node.wanted(&format!("a step: a map with {}", names.join(", ")))) };
    let kinds: Vec<_> = KINDS.iter().filter(|keys| entries.iter().any(|entry| entry.key == keys[0])).collect();
    match kinds.as_slice() {
        [keys] => Ok((keys[0], Fields::of(node, keys[0], keys)?)),
        [] => {
            let first = entries.first();
            let problem = first.map(|entry| Problem::unknown(entry.place, "step", &entry.key, &names));
            let problem = problem.unwrap_or_else(|| node.wanted("a step"));
            Err(Problem { message: format!("{}; a step is one of {}", problem.message, names.join(", ")), ..problem })
        }
        [one, other, ..] => {
            Err(Problem::at(node.place, format!("one step cannot both {} and {}: make two of it", one[0], other[0])))
        }
    }
}

fn wish(kind: &str, fields: &Fields<'_>, in_race: bool) -> Result<Wish, Problem> {
    let what = if kind == "run" {
        Write::Run(Box::new(command(fields)?))
    } else {
        let stream = fields.need("append")?.parse("a stream like order-7", StreamName::parse)?;
        let expected = fields.read("expect_version", expected_version)?.unwrap_or(ExpectedVersion::Any);
        Write::Append(Box::new(append(fields, stream, expected)?))
    };
    let times = match fields.get("times") {
        None => 1,
        Some(node) if !in_race => return Err(Problem::at(node.place, "times is for the writes of at_once")),
        Some(node) => node
            .count()
            .ok()
            .filter(|times| (1..=MAX_AT_ONCE).contains(times))
            .ok_or_else(|| node.wanted(&format!("a whole number from 1 to {MAX_AT_ONCE}")))?,
    };
    match fields.get("expect") {
        Some(node) if in_race => Err(Problem::at(node.place, "what comes of a race is expected of all of it, beside at_once")),
        expect => Ok(Wish { what, expect: read_expect::of_write(expect)?, times }),
    }
}

fn at_once(fields: &Fields<'_>) -> Result<Action, Problem> {
    let node = fields.need("at_once")?;
    let mut wishes = Vec::new();
    for item in node.list()? {
        match known_kind(item)? {
            (kind @ ("run" | "append"), fields) => wishes.push(wish(kind, &fields, true)?),
            (kind, _) => return Err(Problem::at(item.place, format!("{kind} cannot be in a race: run and append can"))),
        }
    }
    let all: u64 = wishes.iter().map(|wish| wish.times).sum();
    if all == 0 || all > MAX_AT_ONCE {
        return Err(Problem::at(node.place, format!("{all} writes at once; 1 to {MAX_AT_ONCE} can be")));
    }
    Ok(Action::AtOnce(wishes, read_expect::of_race(fields.get("expect"), all)?))
}

fn query(fields: &Fields<'_>, own: &[CreateProjection]) -> Result<Query, Problem> {
    let node = fields.need("query")?;
    let name = node.text("the name of a read model")?;
    let built_in = domain::projections().into_iter().map(|projection| projection.name().to_owned());
    let names: Vec<_> = built_in.chain(own.iter().map(|projection| projection.name.clone())).collect();
    if !names.iter().any(|known| known == name) {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        return Err(Problem::unknown(node.place, "read model", name, &names));
    }
    let filters = match fields.get("where").map(|node| (node, &node.kind)) {
        None => Vec::new(),
        Some((_, Kind::Map(entries))) => entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect(),
        Some((node, _)) => return Err(node.wanted("a map of fields and the values they must have")),
    };
    let (rows, count) = read_expect::of_query(fields.need("expect")?)?;
    Ok(Query { name: name.to_owned(), filters, rows, count })
}

fn replay(fields: &Fields<'_>) -> Result<Replay, Problem> {
    let stream = fields.need("replay")?.parse("a stream like resource-gold", StreamName::parse)?;
    let untils = [
        fields.read("version", Node::count)?.map(|version| Until::Version(Version(version))),
        fields.read("position", Node::count)?.map(|position| Until::Position(Position(position))),
        fields.read("at", moment)?.map(Until::Time),
    ];
    let mut untils = untils.into_iter().flatten();
    let until = untils.next().unwrap_or_default();
    if untils.next().is_some() {
        return Err(Problem::at(fields.need("replay")?.place, "one of version, position and at is enough"));
    }
    let reducer = fields.read("reducer", reducer)?.unwrap_or_default();
    reducer.fold(&stream).map_err(|error| Problem::at(fields.place, error.to_string()))?;
    let (state, version, missing) = read_expect::of_replay(fields.need("expect")?)?;
    Ok(Replay { stream, until, reducer, state, version, missing })
}

/// The name of a reducer, or `jq: PROGRAM`.
fn reducer(node: &Node) -> Result<Reducer, Problem> {
    let name = node.text("the name of a reducer, or 'jq: PROGRAM'")?;
    if let Some(program) = name.strip_prefix("jq:") {
        let compile = |program: &str| Program::compile("reducer", program).map_err(|error| error.in_one_line());
        return node.parse("a jq program", |_| compile(program.trim()).map(Reducer::Jq));
    }
    Reducer::named(name).ok_or_else(|| Problem::unknown(node.place, "reducer", name, &Reducer::names()))
}

/// A duration: `5m`, `1h30m`, `2 days`; a day has 24 hours.
fn duration(node: &Node) -> Result<Duration, Problem> {
    let wanted = "a duration like 90s, 5m, 1h30m or 2 days";
    let span: Option<Span> = node.text(wanted)?.parse().ok();
    let whole = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    whole.and_then(|whole| Duration::try_from(whole).ok()).ok_or_else(|| node.wanted(wanted))
}
