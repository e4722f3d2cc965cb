//! Reading scenarios: what a file must look like, and that each name in it is one.

use crate::event::ExpectedVersion;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::ops::scenario::model::Given;
use crate::ops::scenario::model::Scenario;
use crate::ops::scenario::node::Fields;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Place;
use crate::ops::scenario::node::Problem;
use crate::ops::scenario::read_event::append;
use crate::ops::scenario::read_projection::projection;
use crate::ops::scenario::read_step::step;
use crate::ops::scenario::yaml;

/// Where the clock stands where a scenario says nothing: 2026-01-01T00:00:00Z.
const CLOCK: Timestamp = Timestamp::from_micros_const(1_767_225_600_000_000);
/// Who did what was given, and who asks where a step says nothing.
pub(super) const CLIENT: &str = "scenario";

/// The scenarios of a file, in YAML or JSON: one a document, or lists of them.
///
/// # Errors
/// Everything that is wrong with it, as far as that can be told.
pub fn read_scenarios(text: &str) -> Result<Vec<Scenario>, Vec<Problem>> {
    let documents = yaml::documents(text).map_err(|problem| vec![problem])?;
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for document in &documents {
        let one = std::slice::from_ref(document);
        let nodes = if let Kind::List(items) = &document.kind { items } else { one };
        scenarios.extend(nodes.iter().filter_map(|node| scenario(node, &mut problems)));
    }
    if scenarios.is_empty() && problems.is_empty() {
        problems.push(Problem::at(documents.first().map(|node| node.place).unwrap_or_default(), "no scenario in it"));
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(problems) }
}

/// One scenario; what is wrong with it is gathered, step by step.
fn scenario(node: &Node, problems: &mut Vec<Problem>) -> Option<Scenario> {
    let before = problems.len();
    let mut noted = |problem| problems.push(problem);
    let fields = Fields::of(node, "a scenario", &["name", "clock", "projections", "given", "steps"]).map_err(&mut noted).ok()?;
    let name = fields.need("name").and_then(|name| name.text("a name")).map_err(&mut noted).unwrap_or_default();
    let clock = fields.read("clock", moment).map_err(&mut noted).ok().flatten().unwrap_or(CLOCK);
    let list = |key| fields.get(key).map_or(Ok(&[][..]), Node::list);
    let mut projections = Vec::new();
    for node in list("projections").map_err(&mut noted).unwrap_or_default() {
        projections.extend(projection(node, clock, &projections).map_err(&mut noted).ok());
    }
    let given = list("given").map_err(&mut noted).unwrap_or_default();
    let given = given_events(given, clock, &mut noted);
    let steps = fields.need("steps").and_then(Node::list).map_err(&mut noted).unwrap_or_default();
    let steps: Vec<_> = steps.iter().filter_map(|node| step(node, &projections).map_err(&mut noted).ok()).collect();
    let name = name.to_owned();
    (problems.len() == before).then_some(Scenario { name, line: node.place.line, clock, projections, given, steps })
}

/// The events that are given. Time grows in a store, so an event cannot be earlier than the one before.
fn given_events(nodes: &[Node], clock: Timestamp, noted: &mut impl FnMut(Problem)) -> Vec<Given> {
    let (mut events, mut now, mut before) = (Vec::new(), clock, None);
    for node in nodes {
        let event = match given_event(node) {
            Ok(event) => event,
            Err(problem) => {
                noted(problem);
                continue;
            }
        };
        let at = event.at.unwrap_or(now);
        if let Some(before) = before.filter(|before| at < *before) {
            let place = entry_place(node, "at");
            noted(Problem::at(
                place,
                format!("{at} is earlier than the event before, at {before}; events are given in the order of their times"),
            ));
        }
        (now, before) = (now.max(at), Some(at));
        events.push(event);
    }
    events
}

/// The place of the value of a key.
fn entry_place(node: &Node, key: &str) -> Place {
    let Kind::Map(entries) = &node.kind else { return node.place };
    entries.iter().find(|entry| entry.key == key).map_or(node.place, |entry| entry.value.place)
}

fn given_event(node: &Node) -> Result<Given, Problem> {
    let known = ["stream", "type", "data", "metadata", "event_id", "schema_version", "as", "at"];
    let fields = Fields::of(node, "a given event", &known)?;
    let stream = fields.need("stream")?.parse("a stream like resource-gold", StreamName::parse)?;
    Ok(Given { append: append(&fields, stream, ExpectedVersion::Any)?, at: fields.read("at", moment)? })
}

/// A moment with its offset, as RFC 3339 writes it.
pub(super) fn moment(node: &Node) -> Result<Timestamp, Problem> {
    let wanted = "a time like 2026-01-01T00:00:00Z";
    node.text(wanted)?.parse().map_err(|_| node.wanted(wanted))
}

/// Who.
pub(super) fn client(fields: &Fields<'_>) -> Result<String, Problem> {
    let client = fields.read("as", |node| node.text("who is asking"))?;
    Ok(client.unwrap_or(CLIENT).to_owned())
}
