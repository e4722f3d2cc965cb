//! `esctl layout list` and `show`: built-in layouts, and files of users.

use serde_json::Value;

use crate::common::Esctl;
use crate::common::backend::Backend;

fn esctl() -> Esctl {
    Esctl::new(Backend::Sqlite)
}

#[test]
fn a_built_in_layout_is_shown_as_text_and_is_a_valid_file() {
    let esctl = esctl();
    let output = esctl.run(&["layout", "show", "marten"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.starts_with("title  = \"Marten 4 to 9\"\nengine = \"postgres\"\n"), "{output:?}");
    std::fs::write(esctl.path("own.toml"), &output.stdout).unwrap();
    let (built_in, own) = (esctl.json(&["layout", "show", "marten"]), esctl.json(&["layout", "show", "own.toml"]));
    assert_eq!((&built_in["built_in"], &own["built_in"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(built_in["events"], own["events"]);
    assert_eq!(own["events"]["version"]["column"], "e.version");
}

#[test]
fn an_unknown_layout_is_3_with_the_nearest_name() {
    let error = esctl().error(3, &["layout", "show", "mesage-db"]);
    assert_eq!((&error["code"], &error["hint"]), (&Value::from("layout_not_found"), &Value::from("did you mean message-db?")));
    let error = esctl().error(3, &["layout", "show", "zzz"]);
    assert!(error["hint"].as_str().unwrap().contains("esctl layout list"), "{error}");
    assert_eq!(esctl().error(3, &["layout", "show", "missing.toml"])["code"], "file_not_found");
}

#[test]
fn a_mistake_in_a_file_is_2_with_its_place_and_the_nearest_key() {
    let esctl = esctl();
    let head = "title = \"t\"\nengine = \"postgres\"\n";
    let broken = |text: &str| {
        std::fs::write(esctl.path("own.toml"), text).unwrap();
        esctl.error(2, &["layout", "show", "own.toml"])
    };
    let error = broken(&format!("{head}[events]\nfrom = \"events\"\nversoin = 1\n"));
    assert_eq!(error["code"], "bad_layout");
    assert!(error["message"].as_str().unwrap().starts_with("own.toml:5:1: unknown key versoin in events"), "{error}");
    assert_eq!((&error["hint"], &error["details"]["line"]), (&Value::from("did you mean version?"), &Value::from(5)));
    // Attempts to carry SQL.
    for line in [
        "from = \"messages e JOIN streams s ON s.id = e.id\"",
        "from = \"events; DROP TABLE events\"",
        "from = \"events\"\nwhere = \"1=1\"",
        "from = \"events\"\nposition = \"(SELECT 1)\"",
    ] {
        let error = broken(&format!("{head}[events]\n{line}\ndata = {{ column = \"d\" }}\n"));
        assert!(error["message"].as_str().unwrap().contains("SQL"), "{error}");
    }
    let error = broken("not toml");
    assert!(error["message"].as_str().unwrap().starts_with("own.toml:1:"), "{error}");
    std::fs::write(esctl.path("own.toml"), [0xff, 0xfe, 0x00]).unwrap();
    assert_eq!(esctl.error(2, &["layout", "show", "own.toml"])["code"], "not_utf8");
}

#[test]
fn escape_sequences_in_a_file_do_not_reach_the_terminal() {
    let esctl = esctl();
    let text = "title = \"t\"\nengine = \"sqlite\"\n[events] # \u{1b}[2J\n";
    std::fs::write(esctl.path("own.toml"), text.replace('\u{1b}', "\u{9b}")).unwrap();
    let output = esctl.run(&["layout", "show", "own.toml"]);
    assert!(!output.stderr.contains('\u{9b}') && output.code == 2, "{output:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_and_one_without_a_writer_is_given_up() {
    let esctl = esctl();
    let pipe = esctl.path("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let error = esctl.error(6, &["layout", "show", "pipe.toml", "--timeout", "200ms"]);
    assert!(error["message"].as_str().unwrap().contains("no program wrote to this pipe in time"), "{error}");
    let text = esctl.run(&["layout", "show", "marten"]).stdout;
    let writer = std::thread::spawn(move || std::fs::write(pipe, text).unwrap());
    assert_eq!(esctl.json(&["layout", "show", "pipe.toml"])["title"], "Marten 4 to 9");
    writer.join().unwrap();
}

#[test]
fn a_hint_about_a_damaged_file_of_another_program_does_not_lead_to_a_command_for_stores() {
    let esctl = esctl();
    std::fs::write(esctl.path("text.db"), "this is no database, but it is long enough to have a header of one. ".repeat(20))
        .unwrap();
    for args in [&["layout", "detect"][..], &["layout", "guess"], &["layout", "check", "sqlite-es"]] {
        let output = esctl.run_on("sqlite:text.db", args);
        assert!(output.code == 8 && output.stderr.contains("not a SQLite database"), "{output:?}");
        assert!(!output.stderr.contains("hint"), "{output:?}");
    }
}
