//! Creating, changing and deleting: what is answered, what is recorded, what is refused.

use std::fs;
use std::thread;

use serde_json::Value;
use serde_json::json;

use crate::cli_doc::support::a_plan;
use crate::cli_doc::support::by;
use crate::cli_doc::support::items;
use crate::cli_doc::support::names;
use crate::cli_doc::support::plan;
use crate::cli_doc::support::refused;
use crate::cli_doc::support::words;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_change_answers_with_its_diff_and_the_document
    a_document_comes_from_a_file_too
    a_change_that_changes_nothing_says_so_and_appends_nothing
    values_are_set_by_dotted_paths_and_pointers
    what_does_not_fit_is_rejected_and_the_document_is_as_it_was
    what_is_no_json_for_every_store_is_refused
    a_document_is_deleted_and_created_again
    two_clients_are_distinguished_by_the_version_they_expect
    merges_of_many_clients_meet_in_the_newest_state
    a_key_counts_once_and_a_dry_run_never
}

fn a_change_answers_with_its_diff_and_the_document(on: Backend) {
    let esctl = Esctl::new(on);
    let made = by(&esctl, "ann", r#"doc create plan --data {"b":1,"a":{"d":[1.50,-0.0],"c":null}}"#);
    assert_eq!(names(&made), ["outcome", "id", "stream", "version", "position", "events", "state"]);
    assert_eq!(names(&made["state"]), ["id", "version", "document", "last_updated", "client_id"]);
    assert_eq!((&made["outcome"], &made["stream"]), (&json!("applied"), &json!("document-plan")));
    assert_eq!(made["state"]["document"].to_string(), r#"{"a":{"c":null,"d":[1.5,0]},"b":1}"#);
    assert_eq!(made["events"][0]["type"], "document.created");
    let merged = by(&esctl, "bob", r#"doc update plan --merge {"a":{"c":2},"b":null}"#);
    let patch = json!([{"op": "replace", "path": "/a/c", "value": 2}, {"op": "remove", "path": "/b"}]);
    assert_eq!((&merged["events"][0]["type"], &merged["events"][0]["data"]["patch"]), (&json!("document.updated"), &patch));
    assert_eq!((&merged["state"]["client_id"], &merged["state"]["version"]), (&json!("bob"), &json!(2)));
    let patched = by(
        &esctl,
        "cyd",
        r#"doc patch plan --patch [{"op":"test","path":"/a/c","value":2.0},{"op":"copy","from":"/a/d","path":"/e"}]"#,
    );
    assert_eq!(patched["events"][0]["data"]["patch"], json!([{"op": "add", "path": "/e", "value": [1.5, 0]}]));
    let gone = by(&esctl, "cyd", "doc delete plan");
    assert_eq!(
        (&gone["events"][0]["type"], &gone["version"], &gone["state"]),
        (&json!("document.deleted"), &json!(4), &Value::Null)
    );
    assert_eq!(esctl.run(&["doc", "create", "two", "--data", "{}"]).code, 0);
    let table = esctl.run(&["doc", "set", "two", "a=1"]).stdout;
    assert!(table == "applied: document-two #2   +a 1\n", "{table}");
}

fn a_document_comes_from_a_file_too(on: Backend) {
    let esctl = Esctl::new(on);
    fs::write(esctl.path("plan.json"), "\u{feff}{ \"a\": 1 }\n").unwrap();
    fs::write(esctl.path("patch.json"), r#"[{"op": "add", "path": "/b", "value": 2}]"#).unwrap();
    for line in ["doc create one --file plan.json", "doc create two --data @plan.json", "doc patch two --patch @patch.json"] {
        esctl.json(&words(line));
    }
    assert_eq!(esctl.json(&["doc", "get", "one"])["document"], json!({"a": 1}));
    assert_eq!(esctl.json(&["doc", "get", "two"])["document"], json!({"a": 1, "b": 2}));
    assert_eq!(esctl.error(3, &words("doc create three --file nothing.json"))["code"], "file_not_found");
    esctl.error(2, &words("doc create three --file plan.json --data {}"));
    assert_eq!(esctl.run(&words("doc create three")).code, 2);
}

fn a_change_that_changes_nothing_says_so_and_appends_nothing(on: Backend) {
    let esctl = a_plan(on);
    for line in [
        "doc update plan --merge {}",
        r#"doc update plan --merge {"title":"Long","gone":null}"#,
        r#"doc patch plan --patch [{"op":"test","path":"/title","value":"Long"}]"#,
        "doc set plan budget.limit=250",
    ] {
        let answer = by(&esctl, "cyd", line);
        assert_eq!(
            (&answer["outcome"], &answer["version"], &answer["events"]),
            (&json!("unchanged"), &json!(2), &json!([])),
            "{line}"
        );
        assert_eq!(answer["state"]["client_id"], "bob", "{line}");
    }
    assert!(esctl.run(&words("doc update plan --merge {}")).stdout.contains("there was nothing to change"));
    assert_eq!(items(&esctl, "stream read document-plan").len(), 2);
}

fn values_are_set_by_dotted_paths_and_pointers(on: Backend) {
    let esctl = a_plan(on);
    let line =
        r#"doc set plan title=Short stops[0]=Bern stops[]={"at":"Ulm"} owner.name=Ann days[0]=1 /budget/a~1b=true ["x.y"]=null"#;
    let set = by(&esctl, "cyd", line);
    let wanted = json!({"budget": {"a/b": true, "limit": 250, "spent": 10}, "days": [1], "owner": {"name": "Ann"},
        "stops": ["Bern", {"at": "Ulm"}], "title": "Short", "x.y": null});
    assert_eq!(set["state"]["document"], wanted);
    assert_eq!(set["version"], 3, "one event for all of them");
    assert_eq!(refused(&esctl, 5, "doc set plan title.x=1")["code"], "path_does_not_fit");
    assert_eq!(refused(&esctl, 5, "doc set plan ok=1 stops[999999999]=1")["code"], "path_does_not_fit");
    for bad in ["title", "=1", "a..b=1", "a[=1", "/~2=1", "a=99999999999999999999"] {
        assert_eq!(esctl.run(&["doc", "set", "plan", bad]).code, 2, "{bad}");
    }
}

fn what_does_not_fit_is_rejected_and_the_document_is_as_it_was(on: Backend) {
    let esctl = a_plan(on);
    let cases = [
        (r#"[{"op":"replace","path":"/title","value":1},{"op":"test","path":"/stops/0","value":"Bern"}]"#, "patch_test_failed"),
        (r#"[{"op":"remove","path":"/nope"}]"#, "patch_does_not_fit"),
        (r#"[{"op":"add","path":"/stops/999999999","value":1}]"#, "patch_does_not_fit"),
        (r#"[{"op":"add","path":"/a/999999999","value":1}]"#, "patch_does_not_fit"),
        (r#"[{"op":"move","from":"/budget","path":"/budget/limit"}]"#, "patch_does_not_fit"),
        (r#"[{"op":"replace","path":"","value":5}]"#, "document_not_an_object"),
        (r#"[{"op":"move","from":"/budget","path":""},{"op":"test","path":"/limit","value":1}]"#, "patch_test_failed"),
    ];
    for (patch, code) in cases {
        let error = refused(&esctl, 5, &format!("doc patch plan --patch {patch}"));
        assert_eq!(error["code"], code, "{patch}");
        assert!(error["message"].as_str().unwrap().contains("document plan unchanged: operation"), "{error}");
    }
    let bomb: Vec<Value> = (0..60)
        .flat_map(|n| {
            let from = if n == 0 { "/stops".to_owned() } else { format!("/b{}", n - 1) };
            [
                json!({"op": "copy", "from": from, "path": format!("/b{n}")}),
                json!({"op": "copy", "from": from, "path": format!("/b{n}/-")}),
            ]
        })
        .collect();
    refused(&esctl, 5, &format!("doc patch plan --patch {}", json!(bomb)));
    assert_eq!(refused(&esctl, 5, "doc create plan --data {}")["code"], "document_exists");
    assert_eq!(esctl.json(&["doc", "get", "plan"])["document"], plan());
}

fn what_is_no_json_for_every_store_is_refused(on: Backend) {
    let esctl = a_plan(on);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
    let nan = r#"{"a":NaN}"#;
    for bad in [
        r#"{"a":18446744073709551616}"#,
        nan,
        r#"{"a":1e400}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\u0000"}"#,
        &deep,
        "5",
        "[]",
        "{",
    ] {
        refused(&esctl, 2, &format!("doc create other --data {bad}"));
        refused(&esctl, 2, &format!("doc update plan --merge {bad}"));
    }
    for bad in [
        "{}",
        "5",
        "[5]",
        r#"[{"op":"nope","path":""}]"#,
        r#"[{"op":"add","path":"a","value":1}]"#,
        r#"[{"op":"add","path":"/a"}]"#,
    ] {
        refused(&esctl, 2, &format!("doc patch plan --patch {bad}"));
    }
    // An event over the limit of the store fails the change that would make it.
    let ten: Vec<String> = (0..11).map(|n| format!("\"k{n}\":{long}")).collect();
    fs::write(esctl.path("large.json"), format!("{{{}}}", ten.join(","))).unwrap();
    refused(&esctl, 2, "doc create other --file large.json");
    let error = refused(&esctl, 5, "doc update plan --merge @large.json");
    assert_eq!(error["code"], "document_too_large");
    for name in ["", "a\nb"] {
        assert_eq!(esctl.run(&["doc", "create", name, "--data", "{}"]).code, 2, "{name:?}");
    }
}

fn a_document_is_deleted_and_created_again(on: Backend) {
    let esctl = a_plan(on);
    by(&esctl, "cyd", "doc delete plan");
    for line in ["doc get plan", "doc delete plan", "doc update plan --merge {}", "doc set plan a=1", "doc get plan --version 3"]
    {
        let error = refused(&esctl, 3, line);
        assert_eq!((&error["code"], &error["details"]["deleted_by"]), (&json!("document_not_found"), &json!("cyd")), "{line}");
        let message = error["message"].as_str().unwrap();
        let at = error["details"]["deleted_at"].as_str().unwrap();
        assert!(message.contains("was deleted at") && message.contains(at) && message.contains("by cyd"), "{message}");
    }
    assert_eq!(esctl.json(&words("doc get plan --version 2"))["document"], plan());
    assert_eq!(items(&esctl, "doc list"), Vec::<Value>::new());
    assert_eq!(items(&esctl, "projection query documents"), Vec::<Value>::new());
    let again = by(&esctl, "dan", r#"doc create plan --data {"new":true}"#);
    assert_eq!((&again["outcome"], &again["version"]), (&json!("applied"), &json!(4)));
    assert_eq!(items(&esctl, "doc list")[0]["client_id"], "dan");
}

fn two_clients_are_distinguished_by_the_version_they_expect(on: Backend) {
    let esctl = a_plan(on);
    by(&esctl, "ann", "doc set plan title=Ann --expect-version 2");
    let error = refused(&esctl, 4, "doc set plan title=Bob --expect-version 2");
    assert_eq!((&error["code"], &error["details"]["actual"]), (&json!("version_conflict"), &json!(3)));
    // A change that would change nothing is a conflict as well: the client has not seen the current version.
    refused(&esctl, 4, "doc set plan title=Ann --expect-version 2");
    by(&esctl, "bob", "doc set plan title=Bob --expect-version 3");
    refused(&esctl, 4, "doc delete plan --expect-version 3");
    refused(&esctl, 4, "doc create other --data {} --expect-version 1");
}

fn merges_of_many_clients_meet_in_the_newest_state(on: Backend) {
    let esctl = a_plan(on);
    thread::scope(|scope| {
        for n in 0..6 {
            let esctl = &esctl;
            scope.spawn(move || by(esctl, &format!("c{n}"), &format!("doc set plan by.c{n}={n} --retry-for 1m")));
        }
    });
    let document = esctl.json(&["doc", "get", "plan"]);
    assert_eq!(document["document"]["by"], json!({"c0": 0, "c1": 1, "c2": 2, "c3": 3, "c4": 4, "c5": 5}));
    assert_eq!(document["version"], 8);
}

fn a_key_counts_once_and_a_dry_run_never(on: Backend) {
    let esctl = a_plan(on);
    let line = "doc set plan tags[]=x --idempotency-key k1";
    let first = by(&esctl, "ann", line);
    let mut second = by(&esctl, "ann", line);
    assert_eq!(second["outcome"], "already_applied");
    second["outcome"] = "applied".into();
    assert_eq!(second, first);
    assert_eq!(refused(&esctl, 4, "doc set plan tags[]=y --idempotency-key k1")["code"], "idempotency_key_reused");
    let dry = by(&esctl, "ann", "doc delete plan --dry-run");
    assert_eq!((&dry["outcome"], &dry["position"], &dry["state"]), (&json!("dry_run"), &Value::Null, &Value::Null));
    assert_eq!(esctl.json(&["doc", "get", "plan"])["version"], 3);
}
