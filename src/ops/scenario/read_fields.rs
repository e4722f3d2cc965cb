//! Reading values that several parts of a scenario file have.

use crate::event::Timestamp;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;

/// The client of given events, and of steps that name none.
const CLIENT: &str = "scenario";

/// Reads a moment with an offset, in RFC 3339.
pub(super) fn moment(node: &YamlNode) -> Result<Timestamp, ScenarioError> {
    let wanted = "a time like 2026-01-01T00:00:00Z";
    node.text(wanted)?.parse().map_err(|_| node.expected(wanted))
}

/// Reads the client of an event or command.
pub(super) fn client(fields: &YamlFields<'_>) -> Result<String, ScenarioError> {
    let client = fields.read("as", |node| node.text("the name of a client"))?;
    Ok(client.unwrap_or(CLIENT).to_owned())
}
