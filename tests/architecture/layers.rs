//! Who may use whom.

use crate::source::Finding;
use crate::source::Source;
use crate::source::name_at;
use crate::source::places;

const RULE: &str = "layer";

/// Each layer, and what it may use besides itself.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("event", &[]),
    ("jq", &["event"]),
    ("aggregate", &["event", "jq"]),
    ("domain", &["aggregate", "event"]),
    ("store", &["event"]),
    ("runtime", &["store", "domain", "aggregate", "event", "jq"]),
    ("ops", &["runtime", "store", "domain", "aggregate", "event", "jq"]),
    ("server", &["ops", "runtime", "store", "domain", "aggregate", "event", "jq"]),
    ("cli", &["ops", "runtime", "store", "domain", "aggregate", "event", "jq"]),
];

/// Crates that only one place may know: the crate, the place, and where else its name is a module's.
const ONLY_IN: [(&str, &[&str]); 19] = [
    ("rusqlite", &["src/store/sqlite/"]),
    ("sqlx", &["src/store/postgres/"]),
    ("mongodb", &["src/store/mongodb/", "src/store/url.rs", "src/store/baseline/open.rs"]),
    ("bson", &["src/store/mongodb/"]),
    ("jaq_core", &["src/jq/"]),
    ("jaq_json", &["src/jq/"]),
    ("jaq_std", &["src/jq/"]),
    ("clap", &["src/cli/"]),
    ("console", &["src/cli/output/"]),
    ("dialoguer", &["src/cli/output/"]),
    ("indicatif", &["src/cli/output/"]),
    ("textwrap", &["src/cli/output/"]),
    ("ratatui", &["src/cli/ui/view/", "src/cli/ui/tests/", "src/cli/output/screen.rs"]),
    ("clap_complete", &["src/cli/"]),
    ("axum", &["src/server/"]),
    ("hyper", &["src/server/"]),
    ("jsonwebtoken", &["src/server/"]),
    ("ring", &["src/server/token_crypto.rs"]),
    ("governor", &["src/server/"]),
];

/// The layer of a file; none at the root.
pub fn layer_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    inside.split_once('/').map(|(layer, _)| layer)
}

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in places(&source.code, "super::super") {
        findings.push(source.finding(RULE, at, "super::super hides the layer; name it"));
    }
    for (name, homes) in ONLY_IN {
        if !homes.iter().any(|home| source.path.starts_with(home)) {
            let uses = places(&source.code, name).filter(|at| source.code[at + name.len()..].starts_with("::"));
            // Behind a path it is a module of esctl's own.
            let uses = uses.filter(|&at| !source.code[..at].ends_with("::"));
            findings.extend(uses.map(|at| source.finding(RULE, at, format!("{name} is only for {}", homes[0]))));
        }
    }
    let Some(layer) = layer_of(&source.path) else { return findings };
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else {
        findings.push(source.finding(
            RULE,
            0,
            format!("{layer} is no layer; say in tests/architecture/layers.rs whom it may use"),
        ));
        return findings;
    };
    for at in places(&source.code, "crate::") {
        let used = name_at(&source.code[at + "crate::".len()..]);
        if used != layer && !allowed.contains(&used) {
            findings.push(source.finding(RULE, at, format!("{layer} must not use {used}")));
        }
    }
    findings
}
