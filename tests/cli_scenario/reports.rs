//! Reports of failed scenarios: for people, for scripts, for JUnit and for GitHub.

use serde_json::Value;
use serde_json::json;

use crate::cli_scenario::support::Folder;

const TWO: &str = "name: good
steps: [{advance: 1m}]
---
name: bad
steps:
  - {advance: 1m}
  - query: resources
    expect: {count: 3}
---
name: after
steps: []
";

#[test]
fn people_see_expected_and_found_side_by_side() {
    let folder = Folder::new();
    folder.file("a.yaml", TWO);
    let output = folder.run(&["scenario", "run", "a.yaml"]);
    assert_eq!(output.code, 1);
    let wanted = "ok    good\nFAIL  bad\n      a.yaml:7: step 2, query resources\nWHAT   EXPECTED  FOUND\ncount  3         0\nok    after\n\
                  3 scenarios: 2 ok, 1 failed\n";
    assert_eq!(output.stdout, wanted);
    assert_eq!(output.stderr, "error: 1 of 3 scenarios failed\n");
}

#[test]
fn scripts_get_a_list() {
    let folder = Folder::new();
    folder.file("a.yaml", TWO);
    let output = folder.run(&["scenario", "run", "a.yaml", "-o", "json"]);
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let mismatches = json!([{"what": "count", "expected": 3, "found": 0}]);
    let failed = json!({"number": 2, "line": 7, "step": "query resources", "mismatches": mismatches});
    let wanted = json!({"file": "a.yaml", "name": "bad", "line": 4, "ok": false, "steps": 2, "failed": failed});
    assert_eq!(list["items"][1], wanted);
    let error: Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["exit"]), (&json!("scenario_failed"), &json!(1)));
    assert!(folder.run(&["scenario", "run", "a.yaml", "-o", "csv"]).stdout.starts_with("file,name,line,ok,steps,failed\n"));
}

#[test]
fn the_first_failure_can_be_the_last() {
    let folder = Folder::new();
    folder.file("a.yaml", TWO);
    let output = folder.run(&["scenario", "run", "a.yaml", "a.yaml", "--fail-fast", "--junit", "j.xml"]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.ends_with("2 scenarios: 1 ok, 1 failed, 4 not run\n"), "{}", output.stdout);
    let junit = folder.read("j.xml");
    assert!(junit.contains("tests=\"6\" skipped=\"4\" failures=\"1\" errors=\"0\""), "{junit}");
}

#[test]
fn junit_has_a_test_case_for_each_scenario() {
    let folder = Folder::new();
    folder.file("a.yaml", TWO);
    assert_eq!(folder.run(&["scenario", "run", "a.yaml", "--junit", "j.xml"]).code, 1);
    let junit = folder.read("j.xml");
    assert!(junit.contains("<testsuite name=\"a.yaml\" tests=\"3\""), "{junit}");
    assert_eq!(junit.matches("<testcase ").count(), 3);
    assert!(
        junit.contains("<failure message=\"a.yaml:7: step 2, query resources\">count: expected 3, found 0</failure>"),
        "{junit}"
    );
    let no_folder = folder.run(&["scenario", "run", "a.yaml", "--junit", "none/j.xml"]);
    assert_eq!(no_folder.code, 6);
    // Found out before anything is run.
    assert_eq!(no_folder.stdout, "");
    assert!(!junit.is_empty() && folder.read("j.xml") == junit);
    assert!(no_folder.stderr.contains("none/j.xml"), "{}", no_folder.stderr);
}

#[test]
fn github_is_shown_the_lines() {
    let folder = Folder::new();
    folder.file("a.yaml", TWO);
    let output = folder.run(&["scenario", "run", "a.yaml", "--github", "-o", "json"]);
    let wanted = "::error file=a.yaml,line=7,title=bad::step 2, query resources%0Acount: expected 3, found 0\n";
    assert!(output.stderr.contains(wanted), "{}", output.stderr);
    assert!(serde_json::from_str::<Value>(&output.stdout).is_ok());
    folder.file("b.yaml", "name: x\nsteps:\n  - {advance: 5}\n");
    let output = folder.run(&["scenario", "check", "b.yaml", "--github"]);
    assert!(output.stderr.starts_with("::error file=b.yaml,line=3,title=scenario::expected a duration"), "{}", output.stderr);
}

#[test]
fn text_from_files_and_events_is_made_safe_everywhere() {
    let folder = Folder::new();
    let hostile = "\\u001b[2J\\u009b\\u202e\\r\\n::error::x";
    folder.file(
        "a.yaml",
        &format!("name: \"{hostile}\"\nsteps:\n  - append: a-1\n    type: t\n    data: {{\"{hostile}\": \"{hostile}\"}}\n    expect: {{events: [{{type: t, data: {{\"{hostile}\": 1}}}}]}}\n"),
    );
    for format in ["table", "json", "yaml", "csv", "ndjson"] {
        let output = folder.run(&["scenario", "run", "a.yaml", "--junit", "j.xml", "--github", "-o", format]);
        assert_eq!(output.code, 1);
        for text in [&output.stdout, &output.stderr, &folder.read("j.xml")] {
            assert!(!text.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{format}: {text:?}");
            assert!(!text.contains("\n::error::x"), "{format}: {text}");
        }
    }
    folder.file("b.yaml", &format!("\"{hostile}\": 1"));
    let output = folder.run(&["scenario", "check", "b.yaml", "--github"]);
    assert!(!output.stderr.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{output:?}");
}
