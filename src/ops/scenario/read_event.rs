//! OtherReading the writes of a scenario: a command, or an event to append.

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
use crate::ops::scenario::model::CommandSpec;
use crate::ops::scenario::model::EventSpec;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;
use crate::ops::scenario::read_fields::client;

/// Reads an event to append.
pub(super) fn append(fields: &YamlFields<'_>, stream: StreamName, expected: ExpectedVersion) -> Result<EventSpec, ScenarioError> {
    let schema_version = fields.read("schema_version", YamlNode::count)?.unwrap_or(1);
    let schema_version = u32::try_from(schema_version).ok().filter(|version| *version > 0);
    Ok(EventSpec {
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

fn wrong(fields: &YamlFields<'_>, key: &str, wanted: &str) -> ScenarioError {
    fields.get(key).map_or_else(|| ScenarioError::at(Default::default(), wanted), |node| node.expected(wanted))
}

fn data(node: &YamlNode) -> Result<JsonObject, ScenarioError> {
    JsonObject::of(&node.object()?).map_err(|error| ScenarioError::at(node.location, error.to_string()))
}

fn event_id(node: &YamlNode) -> Result<Uuid, ScenarioError> {
    let wanted = "a UUID like 018c2f5e-7a00-7000-8000-000000000001";
    Uuid::parse_str(node.text(wanted)?).ok().filter(|id| !id.is_nil()).ok_or_else(|| node.expected(wanted))
}

/// Reads an expected version: a version, any, none or exists.
pub(super) fn expected_version(node: &YamlNode) -> Result<ExpectedVersion, ScenarioError> {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => text.parse().map_err(|_| node.expected("a version, any, none or exists")),
        _ => Ok(ExpectedVersion::Exact(Version(node.count()?))),
    }
}

/// Reads a command.
pub(super) fn command(fields: &YamlFields<'_>) -> Result<CommandSpec, ScenarioError> {
    let node = fields.need("run")?;
    let command = node.text("a command like resource.create")?;
    let domains = domain::all();
    let Some(domain) = domains.iter().find(|domain| domain.commands.contains(&command)) else {
        let known: Vec<_> = domains.iter().flat_map(|domain| domain.commands).copied().collect();
        return Err(ScenarioError::unknown(node.location, "command", command, &known));
    };
    let with = fields.need("with")?;
    let payload = with.object()?;
    let id = match &payload["id"] {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => {
            return Err(ScenarioError::at(
                with.location,
                format!("{command} needs an id in with, that of the {}", domain.category),
            ));
        }
    };
    let stream = StreamName::of(domain.category, &id).map_err(|error| ScenarioError::at(with.location, error.to_string()))?;
    // A payload that cannot be read is a mistake in the file, not a rejection, so it is found before anything is run.
    let tried = (domain.aggregate)(stream.as_str()).decide(command, &payload, Timestamp::MIN);
    if let Err(error @ DecideError::Payload { .. }) = tried {
        return Err(ScenarioError::at(with.location, error.to_string()));
    }
    let text = |key| fields.read(key, |node| node.text("a text").map(str::to_owned));
    let retries = fields.read("retries", YamlNode::count)?;
    Ok(CommandSpec {
        command: command.to_owned(),
        id,
        payload,
        client: client(fields)?,
        expected: fields.read("expect_version", YamlNode::count)?.map(Version),
        idempotency_key: text("idempotency_key")?,
        correlation_id: text("correlation_id")?,
        causation_id: text("causation_id")?,
        retries: retries.map(|retries| u32::try_from(retries).unwrap_or(u32::MAX)),
    })
}
