//! Reading what changes something: a command, or an event to append.

use serde_json::Value;
use uuid::Uuid;

use crate::aggregate::DecideError;
use crate::domain;
use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::scenario::model::Append;
use crate::ops::scenario::model::Run;
use crate::ops::scenario::node::Fields;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Problem;
use crate::ops::scenario::read::client;

/// The event of a map whose keys are known to be those of one.
pub(super) fn append(fields: &Fields<'_>, stream: StreamName, expected: ExpectedVersion) -> Result<Append, Problem> {
    let schema_version = fields.read("schema_version", Node::count)?.unwrap_or(1);
    let schema_version = u32::try_from(schema_version).ok().filter(|version| *version > 0);
    Ok(Append {
        stream,
        event_type: fields.need("type")?.parse("a type like order.placed", EventType::parse)?,
        schema_version: schema_version.ok_or_else(|| wrong(fields, "schema_version", "a number from 1"))?,
        data: fields.read("data", data)?.unwrap_or_else(JsonObject::empty),
        metadata: fields.read("metadata", data)?.unwrap_or_else(JsonObject::empty),
        event_id: fields.read("event_id", event_id)?,
        expected,
        client: client(fields)?,
    })
}

fn wrong(fields: &Fields<'_>, key: &str, wanted: &str) -> Problem {
    fields.get(key).map_or_else(|| Problem::at(Default::default(), wanted), |node| node.wanted(wanted))
}

fn data(node: &Node) -> Result<JsonObject, Problem> {
    JsonObject::of(&node.object()?).map_err(|error| Problem::at(node.place, error.to_string()))
}

fn event_id(node: &Node) -> Result<Uuid, Problem> {
    let wanted = "a UUID like 018c2f5e-7a00-7000-8000-000000000001";
    Uuid::parse_str(node.text(wanted)?).ok().filter(|id| !id.is_nil()).ok_or_else(|| node.wanted(wanted))
}

/// What a stream must be like: a version, any, none or exists.
pub(super) fn expected_version(node: &Node) -> Result<ExpectedVersion, Problem> {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => text.parse().map_err(|_| node.wanted("a version, any, none or exists")),
        _ => Ok(ExpectedVersion::Exact(Version(node.count()?))),
    }
}

/// The command of a map whose keys are known to be those of one.
pub(super) fn command(fields: &Fields<'_>) -> Result<Run, Problem> {
    let node = fields.need("run")?;
    let command = node.text("a command like resource.create")?;
    let domains = domain::all();
    let Some(domain) = domains.iter().find(|domain| domain.commands.contains(&command)) else {
        let known: Vec<_> = domains.iter().flat_map(|domain| domain.commands).copied().collect();
        return Err(Problem::unknown(node.place, "command", command, &known));
    };
    let with = fields.need("with")?;
    let payload = with.object()?;
    let id = match &payload["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(Problem::at(with.place, format!("{command} wants an id: which {}", domain.category))),
    };
    let stream = StreamName::of(domain.category, &id).map_err(|error| Problem::at(with.place, error.to_string()))?;
    // A payload that cannot be read is a mistake in the file, not an answer of the domain: it is found before anything is run.
    let tried = (domain.aggregate)(stream.as_str()).decide(command, &payload, Timestamp::MIN);
    if let Err(error @ DecideError::Payload { .. }) = tried {
        return Err(Problem::at(with.place, error.to_string()));
    }
    let text = |key| fields.read(key, |node| node.text("a text").map(str::to_owned));
    let retries = fields.read("retries", Node::count)?;
    Ok(Run {
        command: command.to_owned(),
        id,
        payload,
        client: client(fields)?,
        expected: fields.read("expect_version", Node::count)?.map(Version),
        idempotency_key: text("idempotency_key")?,
        correlation_id: text("correlation_id")?,
        causation_id: text("causation_id")?,
        retries: retries.map(|retries| u32::try_from(retries).unwrap_or(u32::MAX)),
    })
}
