//! The whole store as it was, into another one.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::Output;
use crate::common::a_store;
use crate::common::backend::Backend;
use crate::common::backend::Place;

crate::on_every_backend! {
    the_copy_has_every_event_as_it_was_down_to_the_hash
    a_copy_that_was_broken_off_is_gone_on_with
    a_target_with_other_events_or_more_is_left_alone
    a_store_is_not_copied_into_itself_by_whatever_name
    before_the_first_event_the_store_was_empty
    a_source_that_is_not_there_makes_no_target
    more_events_than_a_batch_keep_their_order
    a_store_moves_to_another_database_and_back
}

fn copy(esctl: &Esctl, target: &Place, args: &[&str]) -> Output {
    esctl.run(&[&["replay", "--all", "--into", &target.url, "-o", "json"], args].concat())
}

fn report(output: &Output) -> Value {
    assert_eq!(output.code, 0, "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

fn events(esctl: &Esctl, store: &str) -> String {
    esctl.run_on(store, &["stream", "read", "--all", "-o", "ndjson"]).stdout
}

fn the_copy_has_every_event_as_it_was_down_to_the_hash(on: Backend) {
    let esctl = a_store(on);
    let target = esctl.another_place(on);
    let report = report(&copy(&esctl, &target, &[]));
    let names: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(names, ["from", "into", "at", "position", "events_copied", "already_there", "head_hash"]);
    assert_eq!((&report["events_copied"], &report["already_there"]), (&json!(7), &json!(0)));
    assert_eq!(events(&esctl, &target.url), events(&esctl, &esctl.place.url));
    assert!(events(&esctl, &esctl.place.url).contains(report["head_hash"].as_str().unwrap()));
}

fn a_copy_that_was_broken_off_is_gone_on_with(on: Backend) {
    let esctl = a_store(on);
    let target = esctl.another_place(on);
    let all = esctl.json(&["stream", "read", "--all"]);
    let half = report(&copy(&esctl, &target, &["--at", all["items"][2]["recorded_at"].as_str().unwrap()]));
    assert_eq!((&half["position"], &half["events_copied"]), (&json!(3), &json!(3)));
    assert_eq!(half["head_hash"], all["items"][2]["hash"]);
    let rest = report(&copy(&esctl, &target, &[]));
    assert_eq!((&rest["events_copied"], &rest["already_there"], &rest["position"]), (&json!(4), &json!(3), &json!(7)));
    assert_eq!(events(&esctl, &target.url), events(&esctl, &esctl.place.url));
    let again = report(&copy(&esctl, &target, &[]));
    assert_eq!((&again["events_copied"], &again["already_there"]), (&json!(0), &json!(7)));
}

fn a_target_with_other_events_or_more_is_left_alone(on: Backend) {
    let esctl = a_store(on);
    let target = esctl.another_place(on);
    esctl.run_on(&target.url, &["stream", "append", "x-1", "--type", "t", "--data", "{}"]);
    let before = events(&esctl, &target.url);
    assert_eq!(copy(&esctl, &target, &[]).code, 4);
    assert_eq!(events(&esctl, &target.url), before);

    let esctl = a_store(on);
    let target = esctl.another_place(on);
    report(&copy(&esctl, &target, &[]));
    assert_eq!(copy(&esctl, &target, &["--at", "2001-01-01"]).code, 4);
    esctl.run_on(&target.url, &["stream", "append", "x-1", "--type", "t", "--data", "{}"]);
    assert_eq!(copy(&esctl, &target, &[]).code, 4);
}

fn a_store_is_not_copied_into_itself_by_whatever_name(on: Backend) {
    let esctl = a_store(on);
    let store = esctl.place.url.as_str();
    let names = match on {
        Backend::Sqlite => vec![store.to_owned(), "sqlite:store.db".to_owned(), "sqlite:./store.db".to_owned()],
        Backend::Postgres => vec![store.to_owned(), store.replace("postgres:", "postgresql:")],
        _ => vec![store.to_owned()],
    };
    for url in names {
        assert_eq!(esctl.error(2, &["replay", "--all", "--into", &url])["code"], "same_store", "{url}");
    }
    // Another name of the same server cannot be seen through; it does no harm.
    if on != Backend::Sqlite {
        let before = events(&esctl, store);
        let alias = store.replace("127.0.0.1", "localhost");
        let report = esctl.json(&["replay", "--all", "--into", &alias]);
        assert_eq!((&report["events_copied"], events(&esctl, store)), (&json!(0), before));
        assert_eq!(esctl.run(&["replay", "--all", "--into", &alias, "--at", "2001-01-01"]).code, 4);
    }
    assert_eq!(esctl.run(&["replay", "--all", "--into", "nowhere"]).code, 2);
}

fn before_the_first_event_the_store_was_empty(on: Backend) {
    let esctl = a_store(on);
    let target = esctl.another_place(on);
    let report = report(&copy(&esctl, &target, &["--at", "2001-01-01"]));
    assert_eq!((&report["position"], &report["events_copied"]), (&json!(0), &json!(0)));
    assert!(target.is_untouched());
}

fn a_source_that_is_not_there_makes_no_target(on: Backend) {
    let esctl = Esctl::new(on);
    let target = esctl.another_place(on);
    assert_eq!(copy(&esctl, &target, &[]).code, 3);
    assert!(target.is_untouched() && esctl.place.is_untouched());
}

fn more_events_than_a_batch_keep_their_order(on: Backend) {
    let esctl = a_store(on);
    let target = esctl.another_place(on);
    let line = |n: u32| format!("{{\"type\":\"t{}\",\"data\":{{\"n\":{n}}}}}\n", n % 3);
    std::fs::write(esctl.path("batch"), (0..2500).map(line).collect::<String>()).unwrap();
    for stream in ["a-1", "b-1"] {
        assert_eq!(esctl.run(&["stream", "append", stream, "--batch", "batch", "-q"]).code, 0);
    }
    assert_eq!(report(&copy(&esctl, &target, &[]))["events_copied"], 5007);
    assert_eq!(events(&esctl, &target.url), events(&esctl, &esctl.place.url));
}

fn a_store_moves_to_another_database_and_back(on: Backend) {
    let esctl = a_store(on);
    let (file, back) = (esctl.another_place(Backend::Sqlite), esctl.another_place(on));
    let moved = report(&copy(&esctl, &file, &[]));
    let returned = esctl.run_on(&file.url, &["replay", "--all", "--into", &back.url, "-o", "json"]);
    assert_eq!(report(&returned)["head_hash"], moved["head_hash"]);
    assert_eq!(events(&esctl, &file.url), events(&esctl, &esctl.place.url));
    assert_eq!(events(&esctl, &back.url), events(&esctl, &esctl.place.url));
}
