//! Read models of an application: visible to a program without its projections, and maintained by one that has them.

use serde_json::Value;
use serde_json::json;

use crate::application::domain::a_store_of_users;
use crate::application::domain::bring_up_to_date;
use crate::application::domain::open;
use crate::application::own_program::own;
use crate::application::own_program::own_json;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::common::tamper::Change;

crate::on_every_backend! {
    they_are_listed_with_place_lag_and_rows
    they_are_queried_as_they_are_stored
    only_the_application_rebuilds_and_runs_them
    what_needs_no_logic_works
    the_program_of_the_application_maintains_them
    damaged_rows_are_found_by_the_program_of_the_application
    rebuilding_by_category_finds_what_applies_its_events
    a_quarantined_event_marks_them
}

fn a_store(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    a_store_of_users(&esctl);
    esctl
}

fn item<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}"))
}

fn they_are_listed_with_place_lag_and_rows(on: Backend) {
    let esctl = a_store(on);
    let list = esctl.json(&["projection", "list"]);
    let users = item(&list, "users");
    let wanted = json!({"name": "users", "version": 1, "categories": null, "built_in": false, "maintained_by": "application"});
    assert_eq!(*users, wanted);
    assert_eq!(item(&list, "resources")["maintained_by"], "esctl");

    let status = esctl.json(&["projection", "status"]);
    let fields = |status: &Value, name: &str| {
        let it = item(status, name);
        (it["state"].clone(), it["position"].clone(), it["lag_events"].clone(), it["rows"].clone())
    };
    assert_eq!(fields(&status, "users"), (json!("current"), json!(3), json!(0), json!(2)));
    assert_eq!(fields(&status, "mail_domains"), (json!("current"), json!(3), json!(0), json!(2)));
    esctl.must(&["stream", "append", "user-ann", "--type", "user.email_changed", "--data", r#"{"email":"ann@example.com"}"#]);
    let status = esctl.json(&["projection", "status", "users"]);
    assert_eq!(fields(&status, "users"), (json!("possibly_behind"), json!(3), json!(1), json!(2)));
    assert!(item(&status, "users")["lag_seconds"].as_f64().unwrap() > 0.0);
    assert!(esctl.run(&["projection", "status"]).stdout.contains("maintained by an application"));
    esctl.must(&["verify"]);
}

fn they_are_queried_as_they_are_stored(on: Backend) {
    let esctl = a_store(on);
    let rows = esctl.json(&["projection", "query", "mail_domains"]);
    let wanted = json!([{"key": "example.net", "addresses": 1}, {"key": "example.org", "addresses": 2}]);
    assert_eq!(rows["items"], wanted);
    let ann = esctl.json(&["projection", "query", "users", "--where", "name=ann"]);
    assert_eq!((ann["items"].as_array().unwrap().len(), &ann["items"][0]["email"]), (1, &json!("ann@example.net")));
    assert!(esctl.run(&["projection", "query", "users"]).stderr.contains("maintained by an application"));
    let page = esctl.json(&["projection", "query", "users", "--limit", "1"]);
    assert_eq!(page["next"], "ann");
    assert_eq!(esctl.json(&["projection", "query", "users", "--after", "ann"])["items"][0]["name"], "bob");
}

fn only_the_application_rebuilds_and_runs_them(on: Backend) {
    let esctl = a_store(on);
    let refused: [&[&str]; 5] = [
        &["projection", "rebuild", "users"],
        &["projection", "rebuild", "users", "--verify"],
        &["projection", "run", "users"],
        &["projection", "run", "users", "--on-error", "park"],
        &["projection", "errors", "users", "--retry", "018c2f5e-7a00-7000-8000-000000000001"],
    ];
    for args in refused {
        let error = esctl.error(9, args);
        assert_eq!(error["code"], "maintained_by_application", "{args:?}");
        assert!(error["hint"].as_str().unwrap().contains("the application's own program"), "{error}");
    }
    // All of them are those of this program; the others are named.
    let all = esctl.run(&["projection", "rebuild", "--all"]);
    assert!(all.code == 0 && all.stderr.contains("mail_domains, users"), "{all:?}");
    esctl.must(&["projection", "run"]);
    assert_eq!(item(&esctl.json(&["projection", "status"]), "users")["rows"], 2);
    assert_eq!(esctl.error(3, &["projection", "rebuild", "user"])["hint"], "did you mean users?");
}

fn what_needs_no_logic_works(on: Backend) {
    let esctl = a_store(on);
    esctl.must(&["projection", "pause", "users"]);
    esctl.must(&["stream", "append", "user-ann", "--type", "user.email_changed", "--data", r#"{"email":"ann@example.com"}"#]);
    // The application respects the pause.
    run(async { bring_up_to_date(&open(&esctl)).await });
    let status = esctl.json(&["projection", "status"]);
    assert_eq!((&item(&status, "users")["state"], &item(&status, "users")["position"]), (&json!("paused"), &json!(3)));
    assert_eq!(item(&status, "mail_domains")["position"], 4);
    esctl.must(&["projection", "resume", "users"]);
    run(async { bring_up_to_date(&open(&esctl)).await });
    assert_eq!(item(&esctl.json(&["projection", "status"]), "users")["position"], 4);
    assert_eq!(esctl.json(&["projection", "errors", "users"])["items"], json!([]));
    // One whose application is gone can be deleted, after a question.
    assert_eq!(esctl.error(2, &["projection", "delete", "users"])["code"], "confirmation_needed");
    assert_eq!(esctl.json(&["projection", "delete", "users", "--yes"])["rows"], 2);
    assert_eq!(esctl.error(3, &["projection", "query", "users"])["code"], "projection_not_found");
}

fn the_program_of_the_application_maintains_them(on: Backend) {
    let esctl = a_store(on);
    let list = own_json(&esctl, &["projection", "list"]);
    assert_eq!(
        (&item(&list, "users")["maintained_by"], &item(&list, "users")["categories"]),
        (&json!("esctl"), &json!(["user"]))
    );
    esctl.must(&["stream", "append", "user-ann", "--type", "user.email_changed", "--data", r#"{"email":"ann@example.com"}"#]);
    let query = own_json(&esctl, &["projection", "query", "mail_domains"]);
    assert_eq!(query["items"].as_array().unwrap().len(), 3);
    for name in ["users", "mail_domains"] {
        let rebuilt = own_json(&esctl, &["projection", "rebuild", name, "--verify"]);
        assert_eq!((&rebuilt["items"][0]["ok"], &rebuilt["items"][0]["position"]), (&json!(true), &json!(4)), "{name}");
    }
    for name in ["users", "mail_domains"] {
        assert_eq!(esctl.error(2, &["projection", "create", "x y", "--all", "--key", "1", "--reduce", ".state"])["exit"], 2);
        let taken = own(&esctl, &["projection", "create", name, "--all", "--key", ".event.stream", "--reduce", ".state"]);
        assert_eq!(taken.code, 2, "{taken:?}");
        assert_eq!(own(&esctl, &["projection", "delete", name, "--yes"]).code, 2);
    }
}

fn damaged_rows_are_found_by_the_program_of_the_application(on: Backend) {
    for damage in
        [Change::Row("users/bob", "email", json!("eve@d.e")), Change::Row("mail_domains/example.org", "addresses", json!(7))]
    {
        let esctl = a_store(on);
        let said = format!("{damage:?}");
        assert_eq!(own(&esctl, &["replay", "--category", "user", "--verify"]).code, 0, "{said}");
        esctl.tamper(damage);
        let output = own(&esctl, &["replay", "--category", "user", "--verify"]);
        assert_eq!(output.code, 1, "{said}: {output:?}");
        // A program without the projection cannot know, and says nothing of the row.
        assert_eq!(esctl.run(&["replay", "--category", "user", "--verify"]).code, 0, "{said}");
    }
}

fn rebuilding_by_category_finds_what_applies_its_events(on: Backend) {
    let esctl = a_store(on);
    let names = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&own_json(&esctl, &["projection", "rebuild", "--category", "user"])), ["users", "mail_domains"]);
    assert_eq!(names(&esctl.json(&["projection", "rebuild", "--category", "resource"])), ["resources"]);
    esctl.must(&["projection", "create", "all_streams", "--all", "--key", ".stream", "--reduce", "{n: 1}"]);
    assert_eq!(names(&esctl.json(&["projection", "rebuild", "--category", "order"])), ["all_streams"]);
    esctl.must(&["projection", "delete", "all_streams", "--yes"]);
    assert_eq!(esctl.error(3, &["projection", "rebuild", "--category", "order"])["code"], "projection_not_found");
    assert_eq!(esctl.run(&["projection", "rebuild", "--category", "order", "--all"]).code, 2);
}

fn a_quarantined_event_marks_them(on: Backend) {
    let esctl = a_store(on);
    let event = esctl.json(&["stream", "read", "user-ann", "--from", "2"])["items"][0]["event_id"].as_str().unwrap().to_owned();
    let output = esctl.run(&["quarantine", "add", &event, "--reason", "wrong address"]);
    assert!(
        output.code == 0 && output.stderr.contains("the application that maintains read model users must rebuild it"),
        "{output:?}"
    );
    assert_eq!(item(&esctl.json(&["projection", "status"]), "users")["state"], "incomplete");
    own_json(&esctl, &["projection", "rebuild", "users"]);
    assert_eq!(item(&own_json(&esctl, &["projection", "query", "users"]), "ann")["email"], "ann@example.org");
}
