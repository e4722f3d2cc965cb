//! `COMPLETE=SHELL esctl -- WORDS`

use std::fs;
use std::net::TcpListener;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::completion::shell::lines;
use crate::completion::shell::seeded;
use crate::completion::shell::until_names;
use crate::layout::stores::Foreign;

#[test]
fn each_kind_of_name_comes_from_the_store() {
    let esctl = seeded(Backend::Sqlite);
    let cases: [(&[&str], &[&str]); 11] = [
        (&["stream", "show", "order-"], &["order-1", "order-2"]),
        (&["stream", "read", "p"], &["parcel-1"]),
        (&["replay", "resource-go"], &["resource-gold", "resource-good"]),
        (&["resource", "lock", "go"], &["gold", "good"]),
        (&["stream", "read", "--all", "--category", "o"], &["order"]),
        (&["stream", "read", "--all", "--type", "resource"], &["resource.created"]),
        (&["snapshot", "show", "res"], &["resource-gold"]),
        (&["projection", "query", "r"], &["resources"]),
        (&["replay", "order-1", "--reducer", "m"], &["merge"]),
        (&["stream", "show", "--", "par"], &["parcel-1"]),
        (&["stream", "show", "nothing-like-it"], &[]),
    ];
    for (words, expected) in cases {
        assert_eq!(esctl.offered(words), expected, "{words:?}");
    }
    esctl.run(&["projection", "create", "mine", "--all", "--key", ".stream", "--reduce", "{n: 1}"]);
    assert_eq!(esctl.offered(&["projection", "query", "m"]), ["mine"]);
    // What comes with esctl cannot be deleted.
    assert_eq!(esctl.offered(&["projection", "delete", "m"]), ["mine"]);
    assert_eq!(esctl.offered(&["projection", "delete", "r"]), [""; 0]);
    // Nothing is offered for what is new.
    assert_eq!(esctl.offered(&["resource", "create", "go"]), [""; 0]);
}

#[test]
fn layouts_are_built_in_ones_and_files() {
    let esctl = seeded(Backend::Sqlite);
    fs::write(esctl.path("message-of-mine.toml"), "").unwrap();
    for verb in ["show", "check"] {
        assert_eq!(esctl.offered(&["layout", verb, "message-"]), ["message-db", "message-of-mine.toml"]);
    }
}

#[test]
fn names_of_a_store_of_another_program_are_found_with_its_layout() {
    let foreign = Foreign::of_layout("sqlite-es", Backend::Sqlite);
    let all = foreign.read("sqlite-es", &["stream", "list"]);
    let names: Vec<&str> = all["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap()).collect();
    let ask = |more: &[&str]| {
        let words = [&["--store", foreign.url.as_str(), "--layout", "sqlite-es", "stream"], more].concat();
        until_names(|| lines(&foreign.esctl.ask("bash", None, &words)))
    };
    assert_eq!(
        ask(&["show", &names[0][..2]]),
        names.iter().filter(|name| name.starts_with(&names[0][..2])).copied().collect::<Vec<_>>()
    );
    let (category, _) = names[0].split_once('-').unwrap();
    assert!(ask(&["read", "--all", "--category", &category[..1]]).contains(&category.to_owned()));
}

#[test]
fn ids_of_failed_and_quarantined_events_are_offered() {
    let esctl = seeded(Backend::Sqlite);
    let id = "018f0000-0000-7000-8000-00000000000a";
    let wrong = ["--type", "resource.added", "--data", r#"{"amount":"lots"}"#, "--event-id", id, "--force"];
    esctl.must(&[&["stream", "append", "resource-gold"], &wrong[..]].concat());
    assert_eq!(esctl.offered(&["quarantine", "release", "0"]), [""; 0]);
    esctl.run(&["projection", "run"]);
    assert_eq!(esctl.offered(&["projection", "errors", "resources", "--skip", "018f"]), [id]);
    assert_eq!(esctl.offered(&["projection", "errors", "resources", "--retry", ""]), [id]);
    assert_eq!(esctl.offered(&["projection", "errors", "resources", "--skip", "1"]), [""; 0]);
    esctl.must(&["quarantine", "add", id, "--reason", "wrong"]);
    assert_eq!(esctl.offered(&["quarantine", "release", "0"]), [id]);
}

#[test]
fn contexts_come_from_the_configuration_file_and_lead_to_their_store() {
    let esctl = seeded(Backend::Sqlite);
    esctl.must(&["context", "add", "work", "--store", &esctl.place.url]);
    let ask = |words: &[&str]| until_names(|| lines(&esctl.ask("bash", None, words)));
    assert_eq!(ask(&["--context", "w"]), ["work"]);
    assert_eq!(ask(&["context", "use", "w"]), ["work"]);
    assert_eq!(ask(&["--context", "work", "stream", "show", "par"]), ["parcel-1"]);
    assert_eq!(ask(&["--context=nobody", "stream", "show", "par"]), [""; 0]);
}

#[test]
fn the_store_that_is_typed_already_counts() {
    let (esctl, other) = (seeded(Backend::Sqlite), Esctl::new(Backend::Sqlite));
    other.append("parcel-99");
    let typed = format!("--store={}", other.place.url);
    assert_eq!(esctl.offered(&[&typed, "stream", "show", "par"]), ["parcel-99"]);
    assert_eq!(esctl.offered(&["stream", "show", "--store", &other.place.url, "par"]), ["parcel-99"]);
    assert_eq!(esctl.offered(&["stream", "show", "par"]), ["parcel-1"]);
}

#[test]
fn names_cannot_do_anything_on_a_command_line() {
    let esctl = Esctl::new(Backend::Sqlite);
    for stream in ["x-a b", "x-$(touch owned)", "x-`id`", "x-';reboot;'", "-x", "x-金"] {
        esctl.append(stream);
    }
    let offered = esctl.offered(&["stream", "show", "x"]);
    assert_eq!(offered, [r"x-\$\(touch\ owned\)", r"x-\'\;reboot\;\'", r"x-\`id\`", r"x-a\ b", "x-金"]);
    assert!(!esctl.offered(&["stream", "show", ""]).iter().any(|name| name == "-x"), "it would be taken for an option");
    // A shell that does not quote for sure gets plain names only.
    for shell in ["elvish", "powershell"] {
        let output = esctl.ask(shell, Some(&esctl.place.url), &["stream", "show", "x"]);
        assert!(lines(&output).iter().all(|line| line.starts_with("x-金")), "{shell}: {output:?}");
    }
    for shell in ["zsh", "fish"] {
        let output = esctl.ask(shell, Some(&esctl.place.url), &["stream", "show", "x-a"]);
        assert_eq!(lines(&output), ["x-a b"], "{shell} quotes by itself");
    }
}

#[test]
fn of_very_many_streams_the_categories_are_offered_first() {
    let esctl = Esctl::new(Backend::Sqlite);
    let batch = |category: &str| (0..250).for_each(|id| esctl.append_fast(category, id));
    batch("many");
    esctl.append("few-1");
    let offered = esctl.offered(&["stream", "show", ""]);
    assert!(offered.contains(&"many-".to_owned()) && offered.contains(&"few-".to_owned()), "{offered:?}");
    let offered = esctl.offered(&["stream", "show", "many-"]);
    // The prefix of the first names is not the prefix of all.
    assert!(offered.len() > 100 && offered[0] == "many-", "{offered:?}");
}

impl Esctl {
    fn append_fast(&self, category: &str, id: u32) {
        use esctl::event::EventType;
        use esctl::event::ExpectedVersion;
        use esctl::event::NewEvent;
        use esctl::event::StreamName;
        use esctl::store::AppendRequest;
        use esctl::store::RecordTime;
        thread_local! {
            static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        }
        RUNTIME.with(|runtime| {
            runtime.block_on(async {
                let store = esctl::store::open(&self.place.url.parse().unwrap(), std::time::Duration::from_secs(30)).unwrap();
                let event = NewEvent::new(EventType::parse("t").unwrap(), &serde_json::json!({})).unwrap();
                let stream = StreamName::parse(&format!("{category}-{id:05}")).unwrap();
                let request =
                    AppendRequest { stream, expected: ExpectedVersion::Any, events: vec![event], time: RecordTime::StoreClock };
                store.append(request).await.unwrap();
            });
        });
    }
}

#[test]
fn whatever_is_wrong_nothing_is_said_and_nothing_made() {
    let esctl = seeded(Backend::Sqlite);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().port();
    fs::write(esctl.path("noise.db"), [7; 5000]).unwrap();
    fs::write(esctl.path("broken.toml"), "contexts = 1").unwrap();
    let stores = [
        format!("sqlite:{}", esctl.path("nowhere.db").display()),
        format!("sqlite:{}", esctl.path("noise.db").display()),
        "sqlite::memory:".to_owned(),
        "nonsense".to_owned(),
        "postgres://u:secret@127.0.0.1:1/db".to_owned(),
        "mongodb://127.0.0.1:1/db".to_owned(),
        // These take the connection and never say a word.
        format!("postgres://u:secret@127.0.0.1:{silent}/db?sslmode=disable"),
        format!("mongodb://127.0.0.1:{silent}/db"),
    ];
    for store in &stores {
        assert_eq!(lines(&esctl.ask("bash", Some(store), &["stream", "show", "o"])), [""; 0], "{store}");
        assert_eq!(lines(&esctl.ask("bash", Some(store), &["stream", "sho"])), ["show"], "{store}: commands need no store");
    }
    assert!(!esctl.path("nowhere.db").exists());
    // The store of this user, which was never made.
    assert_eq!(lines(&esctl.ask("bash", None, &["stream", "show", "o"])), [""; 0]);
    assert!(!esctl.path(".local").exists());
    let mut broken = esctl.command();
    broken.env("ESCTL_CONFIG", esctl.path("broken.toml")).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3");
    assert_eq!(lines(&broken.args(["--", "esctl", "stream", "show", "o"]).output().unwrap()), [""; 0]);
    for (variable, value) in [("ESCTL_OUTPUT", "nonsense"), ("_CLAP_COMPLETE_INDEX", "99"), ("_CLAP_COMPLETE_INDEX", "x")] {
        let mut odd = esctl.command();
        odd.env("COMPLETE", "bash").env(variable, value).args(["--", "esctl", "stream", "show", "o"]);
        let output = odd.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{variable}={value}: {output:?}");
    }
}

#[test]
fn a_variable_that_names_no_shell_is_said_to_be_wrong() {
    let esctl = Esctl::new(Backend::Sqlite);
    let output = esctl.command().env("COMPLETE", "cmd").arg("stats").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("COMPLETE") && error.contains("unset COMPLETE"), "{error}");
    for off in ["", "0"] {
        let output = esctl.command().env("COMPLETE", off).arg("--version").output().unwrap();
        assert!(output.status.success() && output.stdout.starts_with(b"esctl "), "{output:?}");
    }
}

#[test]
fn completions_ask_unless_they_are_to_be_static() {
    let esctl = Esctl::new(Backend::Sqlite);
    let script = |arguments: &[&str]| {
        let output = esctl.command().arg("completions").args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish", "elvish"] {
        assert!(script(&[shell]).contains("COMPLETE="), "{shell}");
        assert!(!script(&[shell, "--static"]).contains("COMPLETE="), "{shell}");
    }
    assert!(!script(&["powershell"]).contains("Invoke-Expression"), "what was typed so far is not to be run");
}
