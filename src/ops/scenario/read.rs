//! OtherReading scenario files: their structure, and all names in them.

use crate::event::ExpectedVersion;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::scenario::model::GivenEvent;
use crate::ops::scenario::model::Scenario;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::SourceLocation;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;
use crate::ops::scenario::read_event::append;
use crate::ops::scenario::read_fields::moment;
use crate::ops::scenario::read_projection::projection;
use crate::ops::scenario::read_step::step;
use crate::ops::scenario::yaml;

/// The clock of a scenario that sets none: 2026-01-01T00:00:00Z.
const CLOCK: Timestamp = Timestamp::from_micros_const(1_767_225_600_000_000);
/// Reads the scenarios of a file in YAML or JSON. Each document is a scenario or a list of them.
///
/// # Errors
/// All mistakes in the file, as far as they can be found.
pub fn read_scenarios(text: &str) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let documents = yaml::documents(text).map_err(|error| vec![error])?;
    let (mut scenarios, mut errors) = (Vec::new(), Vec::new());
    for document in &documents {
        let one = std::slice::from_ref(document);
        let nodes = if let Kind::List(items) = &document.kind { items } else { one };
        scenarios.extend(nodes.iter().filter_map(|node| scenario(node, &mut errors)));
    }
    if scenarios.is_empty() && errors.is_empty() {
        errors
            .push(ScenarioError::at(documents.first().map(|node| node.location).unwrap_or_default(), "the file has no scenario"));
    }
    if errors.is_empty() { Ok(scenarios) } else { Err(errors) }
}

/// Reads one scenario. Its mistakes are collected step by step.
fn scenario(node: &YamlNode, errors: &mut Vec<ScenarioError>) -> Option<Scenario> {
    let before = errors.len();
    let mut report = |error| errors.push(error);
    let fields =
        YamlFields::of(node, "a scenario", &["name", "clock", "projections", "given", "steps"]).map_err(&mut report).ok()?;
    let name = fields.need("name").and_then(|name| name.text("a name")).map_err(&mut report).unwrap_or_default();
    let clock = fields.read("clock", moment).map_err(&mut report).ok().flatten().unwrap_or(CLOCK);
    let list = |key| fields.get(key).map_or(Ok(&[][..]), YamlNode::list);
    let mut projections = Vec::new();
    for node in list("projections").map_err(&mut report).unwrap_or_default() {
        projections.extend(projection(node, clock, &projections).map_err(&mut report).ok());
    }
    let given = list("given").map_err(&mut report).unwrap_or_default();
    let given = given_events(given, clock, &mut report);
    let steps = fields.need("steps").and_then(YamlNode::list).map_err(&mut report).unwrap_or_default();
    let steps: Vec<_> = steps.iter().filter_map(|node| step(node, &projections).map_err(&mut report).ok()).collect();
    let name = name.to_owned();
    (errors.len() == before).then_some(Scenario { name, line: node.location.line, clock, projections, given, steps })
}

/// Reads the given events. Time grows in a store, so an event cannot be earlier than the one before.
fn given_events(nodes: &[YamlNode], clock: Timestamp, report: &mut impl FnMut(ScenarioError)) -> Vec<GivenEvent> {
    let (mut events, mut now, mut before) = (Vec::new(), clock, None);
    for node in nodes {
        let event = match given_event(node) {
            Ok(event) => event,
            Err(error) => {
                report(error);
                continue;
            }
        };
        let at = event.at.unwrap_or(now);
        if let Some(before) = before.filter(|before| at < *before) {
            let location = entry_location(node, "at");
            report(ScenarioError::at(
                location,
                format!("{at} is earlier than the event before, at {before}; put given events in the order of their times"),
            ));
        }
        (now, before) = (now.max(at), Some(at));
        events.push(event);
    }
    events
}

/// Returns the location of the value of a key.
fn entry_location(node: &YamlNode, key: &str) -> SourceLocation {
    let Kind::Map(entries) = &node.kind else { return node.location };
    entries.iter().find(|entry| entry.key == key).map_or(node.location, |entry| entry.value.location)
}

fn given_event(node: &YamlNode) -> Result<GivenEvent, ScenarioError> {
    let known = ["stream", "type", "data", "metadata", "event_id", "schema_version", "as", "at"];
    let fields = YamlFields::of(node, "a given event", &known)?;
    let stream = fields.need("stream")?.parse("a stream like resource-gold", StreamName::parse)?;
    Ok(GivenEvent { append: append(&fields, stream, ExpectedVersion::Any)?, at: fields.read("at", moment)? })
}
