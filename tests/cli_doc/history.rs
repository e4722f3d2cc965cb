//! The trail of changes, what a client has missed, and the way from one version to another.

use esctl::domain::document::apply;
use json_patch::Patch;
use serde_json::Value;
use serde_json::json;

use crate::cli_doc::support::a_plan;
use crate::cli_doc::support::by;
use crate::cli_doc::support::items;
use crate::cli_doc::support::names;
use crate::cli_doc::support::plan;
use crate::cli_doc::support::words;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    the_history_tells_who_changed_what_and_when
    what_was_missed_brings_any_copy_up_to_date
    a_diff_leads_from_any_version_to_any_other
}

/// A document that was changed, deleted, created again and changed: 6 versions.
fn a_life(on: Backend) -> Esctl {
    let esctl = a_plan(on);
    by(&esctl, "cyd", "doc set plan stops[]=Ulm");
    by(&esctl, "ann", "doc delete plan");
    by(&esctl, "dan", r#"doc create plan --data {"title":"Again"}"#);
    by(&esctl, "bob", "doc set plan title=Last");
    esctl
}

/// A copy with a patch in it; null is no document.
fn patched(copy: &Value, patch: &Value) -> Value {
    let mut copy = copy.clone();
    let patch: Patch = serde_json::from_value(patch.clone()).unwrap();
    json_patch::patch(&mut copy, &patch).unwrap();
    copy
}

/// Returns the document at a version; null where there was none.
fn at(esctl: &Esctl, version: u64) -> Value {
    match version {
        0 | 4 => Value::Null,
        version => esctl.json(&words(&format!("doc get plan --version {version}")))["document"].clone(),
    }
}

fn the_history_tells_who_changed_what_and_when(on: Backend) {
    let esctl = a_life(on);
    let changes = items(&esctl, "doc history plan");
    let of = |name: &str| changes.iter().map(|change| change[name].clone()).collect::<Vec<_>>();
    assert_eq!(names(&changes[0]), ["version", "position", "recorded_at", "type", "client_id", "patch", "document", "event_id"]);
    assert_eq!(of("version"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(of("client_id"), ["ann", "bob", "cyd", "ann", "dan", "bob"]);
    assert_eq!(of("type")[2..5], ["document.updated", "document.deleted", "document.created"]);
    assert_eq!(of("patch")[2], json!([{"op": "add", "path": "/stops/1", "value": "Ulm"}]));
    assert_eq!((&of("document")[4], &of("document")[5]), (&json!({"title": "Again"}), &Value::Null));
    let table = esctl.run(&words("doc history plan")).stdout;
    assert!(table.contains("cyd") && table.contains("stops/1=\"Ulm\""), "{table}");
}

fn what_was_missed_brings_any_copy_up_to_date(on: Backend) {
    let esctl = a_life(on);
    let server = at(&esctl, 6);
    for seen in 0..=6 {
        let missing = items(&esctl, &format!("doc missing plan --after {seen}"));
        assert_eq!(missing.len(), 6 - seen as usize);
        let copy = missing.iter().fold(at(&esctl, seen), |copy, change| patched(&copy, &change["patch"]));
        assert_eq!(copy, server, "seen {seen}");
        // Or from the last document to start from on.
        let start = missing.iter().rposition(|change| !change["document"].is_null());
        let (mut copy, rest) = match start {
            Some(start) => (missing[start]["document"].clone(), &missing[start + 1..]),
            None => (at(&esctl, seen), &missing[..]),
        };
        for change in rest {
            let patch: Patch = serde_json::from_value(change["patch"].clone()).unwrap();
            copy = Value::Object(apply(copy.as_object().unwrap(), &patch).unwrap());
        }
        assert_eq!(copy, server, "seen {seen}, from the document to start from");
    }
    by(&esctl, "eve", "doc delete plan");
    let last = items(&esctl, "doc missing plan --after 6");
    assert_eq!((last.len(), &last[0]["type"], &last[0]["client_id"]), (1, &json!("document.deleted"), &json!("eve")));
    let said = esctl.run(&words("doc missing plan --after 7"));
    assert!(said.code == 0 && said.stderr.contains("nothing was missed"), "{said:?}");
}

fn a_diff_leads_from_any_version_to_any_other(on: Backend) {
    let esctl = a_life(on);
    assert_eq!(
        esctl.json(&words("doc diff plan --from 1 --to 2")),
        json!({"id": "plan", "from": 1, "to": 2, "patch": [{"op": "add", "path": "/budget/spent", "value": 10},
            {"op": "replace", "path": "/title", "value": "Long"}]})
    );
    let head = esctl.json(&words("doc diff plan --from 5"));
    assert_eq!((&head["to"], &head["patch"][0]["value"]), (&json!(6), &json!("Last")));
    for (from, to) in [(2, 1), (3, 1), (0, 2), (2, 4), (4, 6), (4, 0), (6, 6)] {
        let diff = esctl.json(&words(&format!("doc diff plan --from {from} --to {to}")));
        assert_eq!(patched(&at(&esctl, from), &diff["patch"]), at(&esctl, to), "{from} to {to}");
    }
    assert_eq!(at(&esctl, 2), plan());
    assert!(esctl.run(&words("doc diff plan --from 6")).stdout.contains("empty; the versions are equal"));
}
