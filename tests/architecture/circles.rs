//! Files that use each other in a circle, and parts of a layer that must not know each other.

use crate::graph::Graph;
use crate::source::Finding;
use crate::source::Source;

/// The folders whose parts do not know each other, and the parts; none named: every folder in it.
const APART: [(&str, &[&str]); 2] = [("src/store/", &["mongodb", "postgres", "sqlite"]), ("src/domain/", &[])];

pub fn check(sources: &[Source]) -> Vec<Finding> {
    let graph = Graph::of(sources);
    let mut findings = Vec::new();
    for source in sources {
        for (used, at) in &graph.edges[source.path.as_str()] {
            if let Some((one, other)) = of_two_parts(&source.path, used) {
                findings.push(source.finding("apart", *at, format!("{one} must not use {other}")));
            }
        }
        if let Some(circle) = graph.circle(&source.path) {
            let at = graph.edges[source.path.as_str()][circle[1]];
            findings.push(source.finding("circle", at, circle.join(" -> ")));
        }
    }
    findings
}

fn of_two_parts<'a>(from: &'a str, to: &'a str) -> Option<(&'a str, &'a str)> {
    APART.iter().find_map(|(folder, parts)| {
        let part = |path: &'a str| {
            let (part, _) = path.strip_prefix(folder)?.split_once('/')?;
            (parts.is_empty() || parts.contains(&part)).then_some(part)
        };
        let (one, other) = (part(from)?, part(to)?);
        (one != other).then_some((one, other))
    })
}
