//! OtherReading the projections of a scenario.

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::jq::JqProgram;
use crate::ops::projections::create::CreateProjection;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::YamlFields;
use crate::ops::scenario::node::YamlNode;
use crate::runtime::is_built_in;
use crate::store::ReadModel;

/// Reads a projection, created at a moment. Its name must be new.
pub(super) fn projection(
    node: &YamlNode,
    now: Timestamp,
    before: &[CreateProjection],
) -> Result<CreateProjection, ScenarioError> {
    let fields = YamlFields::of(node, "a projection", &["name", "from", "key", "reduce"])?;
    let name = fields.need("name")?;
    let text = name.parse("a name", |text| ReadModel::live(text).check_name().map(|()| text.to_owned()))?;
    if is_built_in(&text) {
        return Err(ScenarioError::at(name.location, format!("projection {text} is built in; choose another name")));
    }
    if before.iter().any(|other| other.name == text) {
        return Err(ScenarioError::at(name.location, format!("projection {text} is defined twice")));
    }
    let categories = match fields.get("from") {
        None => Vec::new(),
        Some(node) => match &node.kind {
            Kind::List(items) => items.iter().map(category).collect::<Result<_, _>>()?,
            _ => vec![category(node)?],
        },
    };
    let (key, reduce) = (program(&fields, "key")?, program(&fields, "reduce")?);
    Ok(CreateProjection { name: text, categories, key, reduce, replace: false, now })
}

/// Reads a category, as `--from` does.
fn category(node: &YamlNode) -> Result<String, ScenarioError> {
    let wanted = "category:C, for instance category:order";
    let category = node.text(wanted)?.strip_prefix("category:").ok_or_else(|| node.expected(wanted))?;
    match StreamName::parse(category) {
        Ok(stream) if stream.category() == stream.as_str() => Ok(stream.to_string()),
        _ => Err(node.expected(wanted)),
    }
}

fn program(fields: &YamlFields<'_>, what: &str) -> Result<String, ScenarioError> {
    let compile = |text: &str| JqProgram::compile(what, text).map_err(|error| error.in_one_line());
    fields.need(what)?.parse("a jq program", |text| compile(text).map(|program| program.text().to_owned()))
}
