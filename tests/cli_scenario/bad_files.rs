//! An invalid scenario is reported with its place, and nothing is run.

use crate::cli_scenario::support::Folder;

/// The content of the file, the place of the mistake, and a word that the message must have.
const BAD: [(&str, &str, &str); 43] = [
    ("nmae: x\nsteps: []", "1:1", "did you mean name?"),
    ("name: x\nsteps: []\ngiven: {}", "3:8", "expected a list"),
    ("steps: []", "1:1", "no name"),
    ("name: x", "1:1", "no steps"),
    ("name: x\nsteps:\n  - run: resource.lock\n   with: {id: a}", "4:4", ""),
    ("name: x\nsteps:\n\t- advance: 1m", "3:2", ""),
    ("name: x\nsteps:\n  - {run: resource.lokc, with: {id: a}}", "3:11", "did you mean resource.lock?"),
    ("name: x\nsteps:\n  - {rum: resource.lock, with: {id: a}}", "3:6", "did you mean run?"),
    ("name: x\nsteps:\n  - {run: resource.lock, wiht: {id: a}}", "3:26", "did you mean with?"),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {id: a, fro: 5m}}", "3:32", "fro"),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {for: 5m}}", "3:32", "id"),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {id: a}, expect: {rejcted: a}}", "3:50", "did you mean rejected?"),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {id: a}, expect: {rejected: a, version: 1}}", "3:63", "version"),
    (
        "name: x\nsteps:\n  - {run: resource.lock, with: {id: a}, expect: {conflict: version_conflcit}}",
        "3:60",
        "did you mean version_conflict?",
    ),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {id: a}, times: 2}", "3:48", "at_once"),
    ("name: x\nsteps:\n  - {query: resuorces, expect: {count: 1}}", "3:13", "did you mean resources?"),
    ("name: x\nsteps:\n  - {query: resources}", "3:5", "no expect"),
    ("name: x\nsteps:\n  - {replay: a-1, reducer: mrege, expect: {}}", "3:28", "did you mean merge?"),
    ("name: x\nsteps:\n  - {replay: a-1, version: 1, at: 2026-01-01T00:00:00Z, expect: {}}", "3:14", "only one of"),
    ("name: x\nsteps:\n  - {replay: a-1, at: yesterday, expect: {}}", "3:23", "2026-01-01T00:00:00Z"),
    ("name: x\nsteps:\n  - {advance: 5}", "3:15", "90s"),
    ("name: x\nsteps:\n  - {advance: -5m}", "3:15", "90s"),
    ("name: x\nsteps:\n  - {append: '', type: t}", "3:14", ""),
    ("name: x\nsteps:\n  - {append: a-1, type: t, data: {n: 18446744073709551616}}", "3:38", "integer out of range"),
    ("name: x\nsteps:\n  - {append: a-1, advance: 5m}", "3:5", "both"),
    ("name: x\nsteps:\n  - at_once: [{advance: 5m}]", "3:15", "not allowed in at_once"),
    ("name: x\nsteps:\n  - {replay: a-1, reducer: 'jq: .[', expect: {}}", "3:28", "closing bracket"),
    ("name: x\nprojections: [{name: p, key: .stream, reduce: now}]\nsteps: []", "2:47", "now is not available"),
    ("name: x\nprojections: [{name: resources, key: ., reduce: .}]\nsteps: []", "2:22", "is built in"),
    ("name: x\nprojections: [{name: P, key: ., reduce: .}]\nsteps: []", "2:22", "a to z"),
    ("name: x\nprojections: [{name: p, from: order, key: ., reduce: .}]\nsteps: []", "2:31", "category:order"),
    ("name: x\nprojections: [{name: p, kye: ., reduce: .}]\nsteps: []", "2:25", "did you mean key?"),
    (
        "name: x\nprojections: [{name: orders, key: ., reduce: .}]\nsteps:\n  - {query: oders, expect: {count: 1}}",
        "4:13",
        "did you mean orders?",
    ),
    ("name: x\nsteps:\n  - {append: a-1, type: t, data: {a: True}}", "3:38", "write true or 'True'"),
    ("name: x\nsteps:\n  - {append: a-1, type: t, data: {a: [1, .5]}}", "3:42", "write 0.5 or '.5'"),
    ("name: x\nsteps:\n  - {append: a-1, type: t, data: {a: 0x1F}}", "3:38", "write 31 or '0x1F'"),
    ("name: x\nsteps:\n  - {run: resource.lock, with: {id: Null}}", "3:37", "write null or 'Null'"),
    (
        "name: x\nsteps:\n  - {run: resource.lock, with: &w {id: a}}\n  - {run: resource.lock, with: {<<: *w}}",
        "4:33",
        "merges maps",
    ),
    ("name: yes\nsteps: []", "1:7", "write true or 'yes'"),
    ("name: x\nsteps:\n  - {append: a-1, type: t, data: {day: 2026-01-01}}", "3:40", "write '2026-01-01'"),
    (
        "name: x\ngiven:\n  - {stream: a-1, type: t, at: 2026-01-02T00:00:00Z}\n  - {stream: a-1, type: t, at: 2026-01-01T00:00:00Z}\nsteps: []",
        "4:32",
        "earlier than the event before",
    ),
    (
        "name: x\ngiven:\n  - {stream: a-1, type: t}\n  - {stream: b-1, type: t, at: 2025-12-31T23:59:59Z}\nsteps: []",
        "4:32",
        "earlier than the event before, at 2026-01-01T00:00:00",
    ),
    ("# nothing", "0:0", "no scenario"),
];

#[test]
fn each_mistake_is_reported_with_its_place() {
    let folder = Folder::new();
    for (text, place, part) in BAD {
        folder.file("a.yaml", text);
        for verb in ["check", "run"] {
            let output = folder.run(&["scenario", verb, "a.yaml"]);
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{text}: {output:?}");
            assert!(output.stderr.starts_with(&format!("error: a.yaml:{place}: ")), "{text}: {}", output.stderr);
            assert!(output.stderr.contains(part), "{text}: {}", output.stderr);
            // One line, and a hint perhaps.
            assert!(output.stderr.lines().filter(|line| !line.starts_with("hint: ")).count() == 1, "{text}: {}", output.stderr);
        }
    }
}

#[test]
fn all_mistakes_of_all_files_are_reported_and_nothing_is_run() {
    let folder = Folder::new();
    folder.file("good.yaml", "name: g\nsteps: [{advance: 1m}]");
    folder.file("a.yaml", "name: x\nsteps:\n  - {advance: 5}\n  - {query: resuorces, expect: {}}\n---\nnam: y\n");
    folder.file("b.yaml", "name: x\nsteps: {}");
    let output = folder.run(&["scenario", "run", "good.yaml", "a.yaml", "b.yaml", "-o", "json", "--junit", "j.xml"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""));
    let error: serde_json::Value = serde_json::from_str(&output.stderr).unwrap();
    let problems = error["error"]["details"]["problems"].as_array().unwrap();
    let places: Vec<_> =
        problems.iter().map(|problem| format!("{}:{}", problem["file"].as_str().unwrap(), problem["line"])).collect();
    assert_eq!(places, ["a.yaml:3", "a.yaml:4", "a.yaml:6", "b.yaml:2"]);
    assert_eq!(problems[1]["near"], "resources");
    assert_eq!(error["error"]["code"], "bad_scenario");
    assert!(!folder.names().contains(&"j.xml".to_owned()));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["scenario", "run", "none.yaml"]).code, 3);
    assert_eq!(folder.run(&["scenario", "run"]).code, 2);
    assert_eq!(folder.feed(&["scenario", "check", "-"], "name: \u{0}").code, 2);
    assert_eq!(folder.feed(&["scenario", "check", "-"], &"[".repeat(1_000_000)).code, 2);
    assert_eq!(folder.feed(&["scenario", "check", "-"], &" ".repeat(5_000_000)).code, 2);
    folder.file("utf16.yaml", "");
    let output = folder.run(&["scenario", "check", "utf16.yaml"]);
    assert_eq!(output.code, 2, "{output:?}");
}

#[test]
fn what_can_be_read_is_listed() {
    let folder = Folder::new();
    folder.file("a.yaml", "name: one\nsteps: [{advance: 1m}]\n---\nname: two\nsteps: []\n");
    let output = folder.run(&["scenario", "check", "a.yaml", "-o", "json"]);
    let list: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(list["items"][1], serde_json::json!({"file": "a.yaml", "line": 4, "name": "two", "steps": 0}));
}
