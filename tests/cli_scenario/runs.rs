//! Scenarios that come out: the same on every backend, each in a store of its own that is gone afterwards.

use std::fs;
use std::path::Path;

use crate::cli_scenario::support::Folder;
use crate::cli_scenario::support::GOLD;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    the_scenarios_of_the_project_come_out_alike
    the_store_that_is_named_is_not_touched
    the_example_to_begin_with_passes
    a_scenario_that_fails_does_so_everywhere
}

/// The files in `tests/scenarios`.
fn files() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    files.sort();
    assert!(files.len() >= 8, "{files:?}");
    files
}

fn the_scenarios_of_the_project_come_out_alike(on: Backend) {
    let esctl = Esctl::new(on);
    let files = files();
    let args: Vec<&str> = ["scenario", "run", "-o", "ndjson"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let here = esctl.run(&args);
    assert_eq!(here.code, 0, "{here:?}");
    let in_memory = esctl.run_on("sqlite::memory:", &args);
    assert_eq!(here.stdout, in_memory.stdout);
    assert!(here.stdout.lines().count() > 11, "the story and ten more");
}

fn the_store_that_is_named_is_not_touched(on: Backend) {
    let esctl = Esctl::new(on);
    let file = files().into_iter().find(|file| file.contains("lock-and-allocate")).unwrap();
    assert_eq!(esctl.run(&["scenario", "run", &file]).code, 0);
    assert!(esctl.place.is_untouched());
    let args = ["resource", "create", "gold", "--owner", "o", "--type", "t", "--amount", "1", "--max", "1"];
    assert_eq!(esctl.run(&args).code, 0);
    let before = esctl.json(&["verify"]);
    // The scenario creates a resource of the same name: it is in a store of its own.
    assert_eq!(esctl.run(&["scenario", "run", &file]).code, 0);
    assert_eq!(esctl.json(&["verify"]), before);
}

fn the_example_to_begin_with_passes(on: Backend) {
    let esctl = Esctl::new(on);
    let example = esctl.run(&["scenario", "init"]);
    fs::write(esctl.path("example.yaml"), example.stdout).unwrap();
    let ran = esctl.run(&["scenario", "run", "example.yaml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.ends_with("1 scenarios: 1 ok, 0 failed\n"), "{}", ran.stdout);
}

fn a_scenario_that_fails_does_so_everywhere(on: Backend) {
    let esctl = Esctl::new(on);
    let steps = "steps: [{run: resource.add, with: {id: gold, amount: 1}, expect: {version: 7, state: {amount: 1}}}]";
    fs::write(esctl.path("a.yaml"), format!("name: a\n{GOLD}{steps}")).unwrap();
    let args = ["scenario", "run", "a.yaml", "-o", "ndjson"];
    let here = esctl.run(&args);
    assert_eq!(here.code, 1, "{here:?}");
    assert_eq!(here.stdout, esctl.run_on("sqlite::memory:", &args).stdout);
}

#[test]
fn each_scenario_has_its_own_store_whose_files_are_removed() {
    let folder = Folder::new();
    let create =
        "steps: [{run: resource.create, with: {id: a, owner_id: o, resource_type: t, initial_amount: 1, max_amount: 1}}]";
    folder.file("a.yaml", &format!("name: one\n{create}\n---\nname: two\n{create}\n"));
    for more in [&[][..], &["--store", "sqlite:x.db"]] {
        let ran = folder.run(&[&["scenario", "run", "a.yaml", "a.yaml"], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("4 scenarios: 4 ok"), "{}", ran.stdout);
    }
    assert_eq!(folder.names(), ["a.yaml"]);
}

#[test]
fn what_is_to_be_kept_is_kept_and_named() {
    let folder = Folder::new();
    folder.file("a.yaml", "name: x\nsteps: [{append: order-1, type: order.placed}]");
    let none = folder.run(&["scenario", "run", "a.yaml", "--keep"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("--store"), "{}", none.stderr);
    let kept = folder.run(&["scenario", "run", "a.yaml", "--keep", "--store", "sqlite:x.db"]);
    let url = kept.stderr.split("kept: ").nth(1).unwrap().split(' ').next().unwrap();
    let list = folder.run(&["stream", "list", "--store", url, "-o", "ndjson"]);
    assert!(list.stdout.contains("order-1"), "{list:?}");
    assert!(!folder.names().contains(&"x.db".to_owned()));
}

#[test]
fn the_current_context_is_no_place_for_scenarios() {
    let folder = Folder::new();
    folder.file("a.yaml", "name: x\nsteps: [{append: order-1, type: order.placed}]");
    assert_eq!(folder.run(&["context", "add", "far", "--store", "postgres://127.0.0.1:1/d", "--use"]).code, 0);
    assert_eq!(folder.run(&["scenario", "run", "a.yaml"]).code, 0);
    let named = folder.run(&["scenario", "run", "a.yaml", "--context", "far", "--timeout", "5s"]);
    assert_eq!(named.code, 6, "{named:?}");
}

#[test]
fn json_is_read_as_well_and_so_is_stdin() {
    let folder = Folder::new();
    let json = r#"[{"name": "a \ud83d\ude00", "steps": [{"append": "order-1", "type": "order.placed", "data": {"a": 1}}]},
                   {"name": "b", "steps": [{"advance": "1m"}]}]"#;
    let reports = folder.reports(json);
    assert_eq!((&reports[0]["name"], &reports[1]["line"]), (&"a \u{1f600}".into(), &2.into()));
    assert!(reports.iter().all(|report| report["ok"] == true && report["file"] == "stdin"));
}
