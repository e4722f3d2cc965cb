//! Reading the projections that a scenario has of its own.

use crate::event::StreamName;
use crate::event::Timestamp;
use crate::jq::Program;
use crate::ops::projections::create::CreateProjection;
use crate::ops::scenario::node::Fields;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Problem;
use crate::runtime::is_built_in;
use crate::store::ReadModel;

/// A projection, made at a moment, that is none of those before it.
pub(super) fn projection(node: &Node, now: Timestamp, before: &[CreateProjection]) -> Result<CreateProjection, Problem> {
    let fields = Fields::of(node, "a projection", &["name", "from", "key", "reduce"])?;
    let name = fields.need("name")?;
    let text = name.parse("a name", |text| ReadModel::live(text).check_name().map(|()| text.to_owned()))?;
    if is_built_in(&text) {
        return Err(Problem::at(name.place, format!("projection {text} comes with esctl: choose another name")));
    }
    if before.iter().any(|other| other.name == text) {
        return Err(Problem::at(name.place, format!("there are two projections {text}")));
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

/// What `--from` takes.
fn category(node: &Node) -> Result<String, Problem> {
    let wanted = "category:C, for instance category:order";
    let category = node.text(wanted)?.strip_prefix("category:").ok_or_else(|| node.wanted(wanted))?;
    match StreamName::parse(category) {
        Ok(stream) if stream.category() == stream.as_str() => Ok(stream.to_string()),
        _ => Err(node.wanted(wanted)),
    }
}

fn program(fields: &Fields<'_>, what: &str) -> Result<String, Problem> {
    let compile = |text: &str| Program::compile(what, text).map_err(|error| error.in_one_line());
    fields.need(what)?.parse("a jq program", |text| compile(text).map(|program| program.text().to_owned()))
}
