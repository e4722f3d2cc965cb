//! Narrowing what is read: cursors, times, clients, texts in another normal form.

use serde_json::Value;
use serde_json::json;

use crate::cli::support::Home;
use crate::common::backend::Backend;

crate::on_every_backend! {
    a_cursor_of_0_reads_from_the_beginning_and_one_beyond_the_end_is_8
    events_of_one_client_are_read
    times_bound_streams_and_histories
    a_history_is_read_in_pages
    a_command_that_only_reads_refuses_the_client_flag
    texts_are_compared_in_one_normal_form
    an_empty_owner_or_type_is_refused
    numbers_in_a_document_grow_and_shrink
    a_generic_reducer_is_named
    an_addition_that_is_capped_says_so
}

/// Three events of `order-1`: by ann, bob, ann; then a resource by bob.
fn orders(on: Backend) -> Home {
    let home = Home::new(on);
    for (client, n) in [("ann", 1), ("bob", 2), ("ann", 3)] {
        home.run(&format!("stream append order-1 --type t --data '{{\"n\":{n}}}' --client {client}")).ok();
    }
    home.run("resource create gold --owner ann --type coins --amount 10 --max 100 --client bob").ok();
    home.run("resource allocate gold 1 --client ann").ok();
    home.run("resource add gold 2 --client bob").ok();
    home.run("doc create plan --data '{\"a\":1}' --client ann").ok();
    home.run("doc set plan a=2 --client bob").ok();
    home
}

fn versions(answer: &Value) -> Vec<u64> {
    answer["items"].as_array().unwrap().iter().map(|item| item["version"].as_u64().unwrap()).collect()
}

fn a_cursor_of_0_reads_from_the_beginning_and_one_beyond_the_end_is_8(on: Backend) {
    let home = orders(on);
    let head = 8;
    for line in ["stream read order-1", "resource history gold", "doc history plan", "stream tail order-1 --no-follow"] {
        let all = versions(&home.run(&format!("{line} -o json")).ok().json());
        assert_eq!(versions(&home.run(&format!("{line} --after 0 -o json")).ok().json()), all, "{line}");
        let last = all.len();
        assert_eq!(versions(&home.run(&format!("{line} --after {last} -o json")).ok().json()), [0; 0], "{line}");
        let beyond = home.run(&format!("{line} --after {} -o json", last + 1)).fails(8, "beyond the end");
        let error: Value = serde_json::from_str(&beyond.err).unwrap();
        let error = &error["error"];
        assert_eq!(error["code"], "cursor_beyond_end", "{line}");
        assert_eq!(error["details"], json!({"cursor": last + 1, "end": last}), "{line}");
    }
    assert_eq!(home.run("stream read --all --after 0 -o json").ok().items().len(), head);
    assert_eq!(home.run("stream read --all --backwards --after 0 -o json").ok().items().len(), head);
    assert_eq!(home.run(&format!("stream read --all --after {head} -o json")).ok().items().len(), 0);
    for line in
        ["stream read --all", "stream read --all --backwards", "stream tail --all --no-follow", "stream tail --all -o ndjson"]
    {
        home.run(&format!("{line} --after {}", head + 1)).fails(8, "the store is older than the cursor");
    }
    home.run("doc missing plan --after 3").fails(8, "stream document-plan, which is at 2");
    assert_eq!(versions(&home.run("doc missing plan --after 2 -o json").ok().json()), [0; 0]);
}

fn events_of_one_client_are_read(on: Backend) {
    let home = orders(on);
    let read = |line: &str| versions(&home.run(&format!("{line} -o json")).ok().json());
    assert_eq!(read("stream read order-1 --by ann"), [1, 3]);
    assert_eq!(read("stream read order-1 --by ann --backwards --limit 1"), [3]);
    assert_eq!(read("stream read order-1 --by ann --after 1"), [3]);
    assert_eq!(read("stream tail order-1 --by ann -n 1 --no-follow"), [3]);
    assert_eq!(read("stream read order-1 --by an"), [0; 0]);
    assert_eq!(read("resource history gold --by bob"), [1, 3]);
    assert_eq!(read("doc history plan --by bob"), [2]);
    let all = home.run("stream read --all --by bob -o json").ok().items();
    assert_eq!(all.iter().map(|event| event["position"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 4, 6, 8]);
    let first = home.run("stream read --all --by bob --limit 1 -o json").ok().json();
    assert_eq!(first["next"], "2");
    assert_eq!(home.run("stream read --all --by bob --limit 1 --after 2 -o json").ok().items()[0]["position"], 4);
}

fn times_bound_streams_and_histories(on: Backend) {
    let home = orders(on);
    let events = home.run("stream read order-1 -o json").ok().items();
    let second = events[1]["recorded_at"].as_str().unwrap();
    let read = |line: &str| versions(&home.run(&format!("{line} -o json")).ok().json());
    assert_eq!(read(&format!("stream read order-1 --since {second}")), [2, 3]);
    assert_eq!(read(&format!("stream read order-1 --until {second}")), [1, 2]);
    assert_eq!(read(&format!("stream read order-1 --since {second} --until {second}")), [2]);
    assert_eq!(read(&format!("stream tail order-1 --since {second} --no-follow")), [2, 3]);
    let entries = home.run("resource history gold -o json").ok().items();
    let last = entries[2]["recorded_at"].as_str().unwrap();
    assert_eq!(read(&format!("resource history gold --since {last}")), [3]);
    assert_eq!(read(&format!("resource history gold --until {second}")), [0; 0]);
    home.run(&format!("stream read order-1 --since {last} --until {second}")).fails(2, "since");
}

fn a_history_is_read_in_pages(on: Backend) {
    let home = orders(on);
    let page = home.run("resource history gold --limit 2 -o json").ok().json();
    assert_eq!((versions(&page), &page["next"]), (vec![1, 2], &json!("2")));
    let page = home.run("resource history gold --limit 2 --after 2 -o json").ok().json();
    assert_eq!((versions(&page), &page["next"]), (vec![3], &Value::Null));
    // What was before a page still counts: the amount is that of the whole history.
    assert_eq!(page["items"][0]["amount_before"], 9);
}

fn a_command_that_only_reads_refuses_the_client_flag(on: Backend) {
    let home = orders(on);
    for line in
        ["stream read --all", "stream read order-1", "doc history plan", "resource history gold", "stream tail --no-follow"]
    {
        home.run(&format!("{line} --client ann")).fails(2, "--by ann");
    }
    for line in [
        "stream list",
        "resource list",
        "resource show gold",
        "doc get plan",
        "replay order-1",
        "verify",
        "stats",
        "projection status",
    ] {
        home.run(&format!("{line} --client ann")).fails(2, "only reads");
    }
    let mut command = home.command();
    let output = command.env("ESCTL_CLIENT", "ann").args(["stream", "read", "order-1", "-o", "ndjson"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.iter().filter(|byte| **byte == b'\n').count()), (Some(0), 3));
}

fn texts_are_compared_in_one_normal_form(on: Backend) {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    let home = Home::new(on);
    home.run(&format!("stream append {composed}-1 --type {composed}.opened --data {{}} --client {composed}")).ok();
    home.run(&format!("resource create r --owner {decomposed} --type {decomposed} --amount 1 --max 1")).ok();
    // As an older esctl recorded it.
    let event = json!({"owner_id": decomposed, "resource_type": decomposed, "amount": 1, "max_amount": 1});
    home.run(&format!("stream append resource-old --type resource.created --data '{event}'")).ok();
    let count = |line: String| home.run(&format!("{line} -o json")).ok().items().len();
    for text in [composed, decomposed] {
        assert_eq!(count(format!("stream read --all --category {text}")), 1, "{text:?}");
        assert_eq!(count(format!("stream read --all --type {text}.opened")), 1, "{text:?}");
        assert_eq!(count(format!("stream read {text}-1 --by {text}")), 1, "{text:?}");
        assert_eq!(count(format!("stream list --category {text}")), 1, "{text:?}");
        assert_eq!(count(format!("stream list --prefix {text}")), 1, "{text:?}");
        assert_eq!(count(format!("stream tail --no-follow --category {text}")), 1, "{text:?}");
        assert_eq!(count(format!("replay --category {text}")), 1, "{text:?}");
        assert_eq!(count(format!("resource list --owner {text}")), 2, "{text:?}");
        assert_eq!(count(format!("resource list --type {text}")), 2, "{text:?}");
        assert_eq!(count(format!("projection query resources --where owner_id={text}")), 2, "{text:?}");
        let name = if text == composed { "composed" } else { "decomposed" };
        home.run(&format!("projection create {name} --from category:{text} --key .stream --reduce '{{n: 1}}'")).ok();
        assert_eq!(count(format!("projection query {name}")), 1, "{text:?}");
    }
    let shown = home.run("resource show r -o json").ok().json();
    assert_eq!((&shown["owner_id"], &shown["resource_type"]), (&json!(composed), &json!(composed)));
}

fn an_empty_owner_or_type_is_refused(on: Backend) {
    let home = Home::new(on);
    for (owner, kind, field) in [
        ("''", "coins", "owner_id"),
        ("'  '", "coins", "owner_id"),
        ("'\u{200b}'", "coins", "owner_id"),
        ("ann", "''", "resource_type"),
        ("ann", "'\u{a0}\u{2800}'", "resource_type"),
    ] {
        home.run(&format!("resource create gold --owner {owner} --type {kind} --amount 1 --max 1")).fails(5, field);
    }
    home.run("resource show gold").fails(3, "");
}

fn numbers_in_a_document_grow_and_shrink(on: Backend) {
    let home = Home::new(on);
    home.run(r#"doc create g --data '{"gold":10,"name":"x","rate":1.5,"deep":{"list":[1,2]},"big":9223372036854775806}'"#).ok();
    home.run("doc set g gold+=50 deep.list[1]-=5 rate+=0.25 name=y").ok();
    let document = home.run("doc get g -o json").ok().json()["document"].clone();
    assert_eq!(
        document,
        json!({"gold": 60, "name": "y", "rate": 1.75, "deep": {"list": [1, -3]}, "big": 9223372036854775806_i64})
    );
    home.run("doc set g name+=1").fails(5, "not a number");
    home.run("doc set g silver+=1").fails(5, "path not found");
    home.run("doc set g gold+=1 big+=2").fails(5, "out of the range");
    home.run("doc set g big+=0.5").fails(5, "out of the range");
    home.run("doc set g gold+=lots").fails(2, "is not a number");
    assert_eq!(home.run("doc get g -o json").ok().json()["version"], 2);
    home.run("doc set g /gold-=60").ok();
    assert_eq!(home.run("doc get g -o json").ok().json()["document"]["gold"], 0);
}

fn a_generic_reducer_is_named(on: Backend) {
    let home = orders(on);
    assert_eq!(home.run("replay order-1 -o json").ok().json()["reducer"], "merge");
    assert!(home.run("replay order-1").ok().out.contains("merge (esctl has no domain for category order)"));
    assert_eq!(home.run("replay resource-gold -o json").ok().json()["reducer"], "resource");
    let category = home.run("replay --category order -o json").ok();
    assert_eq!(category.items()[0]["reducer"], "merge");
    for line in ["replay --category order", "replay order-1 --trace"] {
        let answer = home.run(line).ok();
        assert!(answer.err.contains("no domain for category order") && answer.err.contains("merge"), "{answer:?}");
    }
    assert_eq!(home.run("replay order-1 --trace -o json").ok().items()[0]["reducer"], "merge");
    assert_eq!(home.run("bisect order-1 --where '.n > 1' -o json").ok().json()["reducer"], "merge");
}

fn an_addition_that_is_capped_says_so(on: Backend) {
    let home = orders(on);
    assert!(!home.run("resource add gold 1").ok().out.contains("capped"));
    let answer = home.run("resource add gold 500").ok();
    assert!(answer.out.contains("added 88 of 500"), "{answer:?}");
    let answer = home.run("resource add gold 5 -o json").ok().json();
    assert_eq!(answer["notes"], json!([{"code": "capped", "message": "added 0 of 5: the maximum is reached"}]));
    home.run("resource allocate gold 9").ok();
    assert_eq!(home.run("resource add gold 9 -o json").ok().json()["notes"], Value::Null);
    let scenario = |notes: &str| {
        let create = "run: resource.create, with: {id: g, owner_id: a, resource_type: c, initial_amount: 1, max_amount: 3}";
        let add = format!("run: resource.add, with: {{id: g, amount: 5}}, expect: {{notes: {notes}, state: {{amount: 3}}}}");
        home.file("capped.yaml", format!("name: capped\nsteps:\n  - {{{create}, expect: {{notes: []}}}}\n  - {{{add}}}\n"));
        home.run("scenario run capped.yaml")
    };
    scenario("[capped]").ok();
    let failed = scenario("[]");
    assert!(failed.code == 1 && failed.out.contains("capped"), "{failed:?}");
}
