//! Documents of several clients.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::backend::Backend;

/// The arguments of a line; no word has a blank in it.
pub fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Returns the answer to a client's command, which must succeed.
#[track_caller]
pub fn by(esctl: &Esctl, client: &str, line: &str) -> Value {
    let args = [&words(line)[..], &["-o", "json"]].concat();
    let output = esctl.run_as(client, &esctl.place.url, &args);
    assert_eq!(output.code, 0, "{line}: {output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

/// Returns the message of a command that must end with this code; the document is as it was.
#[track_caller]
pub fn refused(esctl: &Esctl, code: i32, line: &str) -> Value {
    let before = esctl.run(&["doc", "history", "plan", "-o", "json"]).stdout;
    let error = esctl.error(code, &words(line));
    assert_eq!(esctl.run(&["doc", "history", "plan", "-o", "json"]).stdout, before, "{line}");
    error
}

/// A document `plan` that ann created and bob changed: version 2.
pub fn a_plan(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    by(&esctl, "ann", r#"doc create plan --data {"title":"Tour","stops":["Rome"],"budget":{"limit":250}}"#);
    by(&esctl, "bob", r#"doc update plan --merge {"title":"Long","budget":{"spent":10}}"#);
    esctl
}

/// Returns the content of `plan` at version 2.
pub fn plan() -> Value {
    json!({"budget": {"limit": 250, "spent": 10}, "stops": ["Rome"], "title": "Long"})
}

/// The names of the members of an object, in their order.
pub fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The items of a list.
#[track_caller]
pub fn items(esctl: &Esctl, line: &str) -> Vec<Value> {
    esctl.json(&words(line))["items"].as_array().unwrap().clone()
}
