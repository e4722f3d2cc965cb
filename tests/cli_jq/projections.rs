//! Projections of jq programs: kept in the store, and like those that are built in.

use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::a_store;
use crate::common::backend::Backend;

crate::on_every_backend! {
    it_is_made_listed_run_asked_rebuilt_and_deleted
    the_store_keeps_it_for_everyone
    other_programs_are_another_logic
    names_and_programs_that_cannot_be_are_refused
    an_event_without_a_valid_key_or_row_stops_it
    keys_may_be_given_for_few_events
    deleting_wants_a_yes_and_never_touches_events
}

const KEY: &str = ".data.customer";
const REDUCE: &str = "{n: ((.state.n // 0) + 1), total: ((.state.total // 0) + .event.data.total)}";

fn orders(on: Backend) -> Esctl {
    let esctl = a_store(on);
    for (order, customer, total) in [(11, "ann", 10), (12, "bob", 5), (13, "ann", 9_007_199_254_740_993_i64)] {
        order_of(&esctl, order, customer, total);
    }
    esctl
}

fn order_of(esctl: &Esctl, order: u32, customer: &str, total: i64) {
    let data = json!({"customer": customer, "total": total}).to_string();
    esctl.json(&["stream", "append", &format!("shop-{order}"), "--type", "shop.placed", "--data", &data]);
}

fn create(esctl: &Esctl, more: &[&str]) -> Value {
    esctl.json(&[&["projection", "create", "totals", "--from", "category:shop", "--key", KEY, "--reduce", REDUCE], more].concat())
}

fn rows(esctl: &Esctl, more: &[&str]) -> Value {
    let mut items = keyed_rows(esctl, more);
    items.as_array_mut().unwrap().iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().shift_remove("key")));
    items
}

/// As they are printed: with the key of each.
fn keyed_rows(esctl: &Esctl, more: &[&str]) -> Value {
    esctl.json(&[&["projection", "query", "totals"], more].concat())["items"].clone()
}

fn it_is_made_listed_run_asked_rebuilt_and_deleted(on: Backend) {
    let esctl = orders(on);
    let made = create(&esctl, &[]);
    assert_eq!((&made["outcome"], &made["name"], &made["categories"]), (&json!("created"), &json!("totals"), &json!(["shop"])));
    assert_eq!((&made["key"], &made["reduce"]), (&json!(KEY), &json!(REDUCE)));
    assert_eq!(create(&esctl, &[])["outcome"], "already_there");

    let list = esctl.json(&["projection", "list"]);
    let own = list["items"].as_array().unwrap().iter().find(|item| item["name"] == "totals").unwrap();
    assert_eq!((&own["built_in"], &own["categories"]), (&json!(false), &json!(["shop"])));
    assert!(list["items"].as_array().unwrap().iter().any(|item| item["name"] == "resources" && item["built_in"] == true));
    assert_eq!(esctl.json(&["projection", "status", "totals"])["items"][0]["state"], "never_run");

    let ran = esctl.json(&["projection", "run", "totals"]);
    assert_eq!(ran["items"][0]["events_applied"], 3);
    assert_eq!(rows(&esctl, &["--stale"]), json!([{"n": 2, "total": 9_007_199_254_741_003_i64}, {"n": 1, "total": 5}]));
    assert_eq!(keyed_rows(&esctl, &["--stale", "--after", "ann"]), json!([{"key": "bob", "n": 1, "total": 5}]));
    // A query brings it up to date, and looks into fields.
    order_of(&esctl, 14, "bob", 7);
    assert_eq!(rows(&esctl, &["--where", "total=12"]), json!([{"n": 2, "total": 12}]));
    assert_eq!(rows(&esctl, &["--limit", "1", "--after", "ann"]), json!([{"n": 2, "total": 12}]));

    let before = rows(&esctl, &[]);
    let rebuilt = esctl.json(&["projection", "rebuild", "totals", "--batch", "1"]);
    assert_eq!((&rebuilt["items"][0]["rebuilt"], &rebuilt["items"][0]["events_applied"]), (&json!(true), &json!(4)));
    assert_eq!(rows(&esctl, &["--stale"]), before);
    assert!(esctl.json(&["projection", "status", "totals"])["items"][0]["rows"] == 2);

    let deleted = esctl.json(&["projection", "delete", "totals", "--yes"]);
    assert_eq!((&deleted["name"], &deleted["rows"]), (&json!("totals"), &json!(2)));
    assert_eq!(esctl.error(3, &["projection", "query", "totals"])["code"], "projection_not_found");
    assert_eq!(esctl.error(3, &["projection", "delete", "totals", "--yes"])["code"], "projection_not_found");
    // It can be made again, and begins at the beginning.
    create(&esctl, &[]);
    assert_eq!(rows(&esctl, &[]), before);
}

fn the_store_keeps_it_for_everyone(on: Backend) {
    let esctl = orders(on);
    std::fs::write(esctl.path("key.jq"), KEY).unwrap();
    std::fs::write(esctl.path("reduce.jq"), format!("# the totals\n{REDUCE}\n")).unwrap();
    esctl.json(&["projection", "create", "totals", "--all", "--key", "@key.jq", "--reduce", "@reduce.jq"]);
    // The files are not asked again.
    std::fs::remove_file(esctl.path("reduce.jq")).unwrap();
    assert_eq!(rows(&esctl, &[])[1], json!({"n": 1, "total": 5}));
    assert_eq!(
        esctl.json(&["projection", "run"])["items"].as_array().unwrap().iter().filter(|run| run["name"] == "totals").count(),
        1
    );
    assert!(esctl.json(&["verify"])["ok"] == true);
}

fn other_programs_are_another_logic(on: Backend) {
    let esctl = orders(on);
    let first = create(&esctl, &[]);
    rows(&esctl, &[]);
    let other = [
        "projection",
        "create",
        "totals",
        "--from",
        "category:shop",
        "--key",
        KEY,
        "--reduce",
        "{max: ([.state.max, .event.data.total] | max)}",
    ];
    let refused = esctl.error(4, &other);
    assert!(refused["hint"].as_str().unwrap().contains("--replace"), "{refused}");
    let replaced = esctl.json(&[other.as_slice(), &["--replace"]].concat());
    assert_eq!(replaced["outcome"], "replaced");
    assert!(replaced["version"].as_u64() > first["version"].as_u64());
    assert_eq!(esctl.json(&["projection", "status", "totals"])["items"][0]["state"], "outdated");
    assert_eq!(rows(&esctl, &["--stale"])[1], json!({"n": 1, "total": 5}));
    assert_eq!(rows(&esctl, &[]), json!([{"max": 9_007_199_254_740_993_i64}, {"max": 5}]));
    assert_eq!(esctl.json(&[other.as_slice(), &["--replace"]].concat())["outcome"], "already_there");
}

fn names_and_programs_that_cannot_be_are_refused(on: Backend) {
    let esctl = orders(on);
    let create = |name: &str, from: &[&str], key: &str, reduce: &str| {
        esctl.error(2, &[&["projection", "create", name, "--key", key, "--reduce", reduce], from].concat())["code"].clone()
    };
    for name in ["", "Totals", "1a", "a-b", "a b", "é", "a\u{1b}", "a.b", "x_building"] {
        assert_eq!(create(name, &["--all"], KEY, REDUCE), "invalid", "{name:?}");
    }
    for name in ["resources", "documents", "games"] {
        assert_eq!(create(name, &["--all"], KEY, REDUCE), "invalid", "{name}");
    }
    assert_eq!(create("totals", &["--all"], ".data.", REDUCE), "bad_jq");
    assert_eq!(create("totals", &["--all"], KEY, "now"), "bad_jq");
    for from in [&[] as &[&str], &["--from", "shop"], &["--from", "category:"], &["--all", "--from", "category:shop"]] {
        assert_eq!(create("totals", from, KEY, REDUCE), "usage", "{from:?}");
    }
    assert_eq!(create("totals", &["--from", "category:a-b"], KEY, REDUCE), "invalid");
    assert_eq!(esctl.error(3, &["projection", "run", "totals"])["code"], "projection_not_found");
    assert_eq!(esctl.error(2, &["projection", "delete", "resources", "--yes"])["code"], "invalid");
}

fn an_event_without_a_valid_key_or_row_stops_it(on: Backend) {
    for (key, reduce, part) in [
        (KEY, "{n: (.event.data.total | keys)}", "cannot use"),
        (KEY, "[.event.data.total]", "is not a row"),
        (KEY, "null", "is not a row"),
        (KEY, "empty", "no value"),
        (KEY, "{n: (9223372036854775807 + .event.data.total)}", "64 bits"),
        (KEY, "def f: f; f", "steps"),
        (".data.total | keys", REDUCE, "cannot use"),
        (".data", REDUCE, "is not a key"),
        ("\"\"", REDUCE, "is not a key"),
        (".data.customer, 1", REDUCE, "several values"),
        ("def f: f; f", REDUCE, "steps"),
    ] {
        let esctl = orders(on);
        esctl.json(&["projection", "create", "totals", "--from", "category:shop", "--key", key, "--reduce", reduce]);
        let output = esctl.run(&["projection", "run", "totals"]);
        assert!(output.code != 0 && output.stderr.contains(part) && output.stderr.contains('8'), "{key} {reduce}: {output:?}");
        // The others are not in its way, nor is it in theirs.
        esctl.json(&["projection", "run", "resources"]);
    }
}

fn keys_may_be_given_for_few_events(on: Backend) {
    let esctl = orders(on);
    let key = "if .data.total > 5 then .data.total elif .data.total == 5 then null else empty end";
    esctl.json(&["projection", "create", "totals", "--all", "--key", key, "--reduce", "{t: .event.type, v: .event.stream}"]);
    let keys = rows(&esctl, &[]);
    assert_eq!(keys, json!([{"t": "shop.placed", "v": "shop-11"}, {"t": "shop.placed", "v": "shop-13"}]));
}

fn deleting_wants_a_yes_and_never_touches_events(on: Backend) {
    let esctl = orders(on);
    create(&esctl, &[]);
    rows(&esctl, &[]);
    assert_eq!(esctl.error(2, &["projection", "delete", "totals"])["code"], "confirmation_needed");
    let head = esctl.json(&["verify"])["head_hash"].clone();
    esctl.json(&["projection", "delete", "totals", "--yes"]);
    assert_eq!(esctl.json(&["verify"])["head_hash"], head);
}
