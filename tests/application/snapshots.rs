//! Snapshots of an application: not checked by a program without its domain, checked by one that has it.

use serde_json::Value;
use serde_json::json;

use crate::application::domain::a_store_of_users;
use crate::application::own_program::own;
use crate::application::own_program::own_json;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::tamper::Change;

crate::on_every_backend! {
    sound_ones_are_reported_as_not_checked
    damage_that_shows_without_a_fold_is_found
    the_program_of_the_application_checks_them
}

fn results(list: &Value) -> Vec<(String, u64, Value, Value)> {
    let of = |item: &Value| {
        (
            item["stream"].as_str().unwrap().to_owned(),
            item["version"].as_u64().unwrap(),
            item["result"].clone(),
            item["ok"].clone(),
        )
    };
    list["items"].as_array().unwrap().iter().map(of).collect()
}

fn sound_ones_are_reported_as_not_checked(on: Backend) {
    let esctl = Esctl::new(on);
    a_store_of_users(&esctl);
    let none = |stream: &str, version| (stream.to_owned(), version, json!("not_checked"), Value::Null);
    let all = [none("user-ann", 1), none("user-ann", 2), none("user-bob", 1)];
    assert_eq!(results(&esctl.json(&["snapshot", "verify"])), all);
    assert_eq!(results(&esctl.json(&["snapshot", "verify", "user-ann"])), all[..2]);
    let output = esctl.run(&["snapshot", "verify"]);
    assert!(output.stdout.contains("not checked: this program has no reducer user for user-ann"), "{output:?}");
    assert!(output.stderr.contains("the states of 3 snapshots were not checked"), "{output:?}");
    assert!(!format!("{output:?}").contains("delete"), "{output:?}");
    for args in [["verify"].as_slice(), &["snapshot", "list"], &["replay", "user-ann", "--verify"], &["stats"]] {
        esctl.must(args);
    }
    // A snapshot of esctl's own beside them is checked.
    esctl.must(&["snapshot", "take", "user-ann", "--reducer", "merge"]);
    let merged = ("user-ann".to_owned(), 2, json!("fits"), json!(true));
    assert!(results(&esctl.json(&["snapshot", "verify"])).contains(&merged));
}

fn damage_that_shows_without_a_fold_is_found(on: Backend) {
    let damages = [
        (Change::State(2, "email", json!("eve@example.org")), "changed after it was taken"),
        (Change::EventHash(2), "another hash"),
        (Change::Version(2, 77), "no event at that version"),
    ];
    for (damage, reason) in damages {
        let esctl = Esctl::new(on);
        a_store_of_users(&esctl);
        let said = format!("{damage:?}");
        esctl.tamper(damage);
        let output = esctl.run(&["snapshot", "verify", "-o", "json"]);
        assert_eq!(output.code, 1, "{said}: {output:?}");
        let list: Value = serde_json::from_str(&output.stdout).unwrap();
        let wrong: Vec<_> = list["items"].as_array().unwrap().iter().filter(|item| item["ok"] == json!(false)).collect();
        assert_eq!(wrong.len(), 1, "{said}: {list}");
        assert!(wrong[0]["reason"].as_str().unwrap().contains(reason) && wrong[0]["result"] == "differs", "{said}: {list}");
    }
}

fn the_program_of_the_application_checks_them(on: Backend) {
    let esctl = Esctl::new(on);
    a_store_of_users(&esctl);
    let checked = results(&own_json(&esctl, &["snapshot", "verify"]));
    assert!(checked.len() == 3 && checked.iter().all(|(.., result, ok)| (result, ok) == (&json!("fits"), &json!(true))));
    // Only a fold finds this: another version of the reducer made it.
    esctl.tamper(Change::ReducerVersion(1, 99));
    assert_eq!(esctl.run(&["snapshot", "verify"]).code, 0);
    assert_eq!(own(&esctl, &["snapshot", "verify"]).code, 1);
}
