//! The shape of errors, and what is said where there is no store.

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::READERS;
use crate::cli::support::names;
use crate::cli::support::start;
use crate::common::backend::Backend;

crate::on_every_backend! {
    errors_have_one_shape
    a_store_that_is_not_there_is_not_made_by_reading
    a_head_that_was_kept_is_held_against_the_store
}

fn errors_have_one_shape(on: Backend) {
    let home = Home::seeded(on);
    home.run("resource lock gold").ok();
    let rows = [
        ("resource list --limit 0", 2, "usage"),
        ("resource lst", 2, "usage"),
        ("stream append a-1 --type t --data 5", 2, "bad_json"),
        ("stream read --all --since soon", 2, "bad_time"),
        ("resource show nope", 3, "resource_not_found"),
        ("stream show nope-1", 3, "stream_not_found"),
        ("projection query nope", 3, "projection_not_found"),
        ("resource allocate gold 1 --expect-version 9", 4, "version_conflict"),
        ("resource allocate gold 1", 5, "resource_locked"),
        ("--store sqlite:/ stats", 2, "invalid"),
        ("--store sqlite:none.db stats", 3, "store_not_found"),
        ("--store mysql://u:secret@h stats", 2, "invalid"),
    ];
    for (line, code, name) in rows {
        for format in ["json", "ndjson"] {
            let answer = home.run(&format!("{line} -o {format}"));
            let error = answer.error();
            assert_eq!(
                (answer.code, error["code"].as_str(), error["exit"].as_i64()),
                (code, Some(name), Some(code.into())),
                "{line}"
            );
            assert_eq!(names(&error), ["code", "exit", "message", "hint", "details"], "{line}");
            assert!(error["details"].is_object() && !error["message"].as_str().unwrap().is_empty(), "{line}");
            assert_eq!((answer.out.as_str(), answer.err.lines().count()), ("", 1));
        }
        for format in ["table", "yaml", "csv"] {
            let answer = home.run(&format!("{line} -o {format}"));
            assert!(answer.code == code && answer.err.starts_with("error: ") && answer.out.is_empty(), "{line} {answer:?}");
        }
        for flag in ["-o=json", "-ojson", "--output=json", "--output json"] {
            assert_eq!(home.run(&format!("{flag} {line}")).error()["code"], name, "{flag} {line}");
        }
        let mut command = home.command();
        command.env("ESCTL_OUTPUT", "json").args(crate::cli::support::words(line));
        assert_eq!(Answer::of(start(&mut command), b"").error()["code"], name);
    }
}

#[test]
fn no_secret_in_any_message() {
    let home = Home::new(Backend::Sqlite);
    for url in [
        "postgres://u:secret@h/d",
        "postgres://u:se@cret:secret@h/d?sslmode=nope",
        "postgres://u:secret",
        "postgres:u:secret@h/d",
        "postgres://u@h/d?password=secret",
        "mongodb://u:secret@h1,h2/d?tlsCertificateKeyFilePassword=secret",
        "mysql://u:secret@h/d",
        "redis://:secret@h",
        "host=h password=secret",
        "https://u:secret@h/d?token=secret",
    ] {
        // Backends that are there say that the host h cannot be reached; the others that they do not know the scheme.
        for line in [
            "-vv stats",
            "-o json stream list",
            "-vv resource create a --owner o --type t --amount 1 --max 1",
            "-o xml stats",
            "init more",
        ] {
            let mut command = home.command();
            command.env("ESCTL_STORE", url).env("ESCTL_TIMEOUT", "2s").args(crate::cli::support::words(line));
            let answer = Answer::of(start(&mut command), b"");
            assert!(answer.code != 0 && !format!("{answer:?}").contains("secret"), "{url} {line} {answer:?}");
        }
        let answer = home.run_args(&["--timeout", "2s", "--store", url, "stats"]);
        assert!(!format!("{answer:?}").contains("secret"), "{url} {answer:?}");
    }
}

#[test]
fn a_command_of_other_tools_is_answered_with_the_one_of_esctl() {
    let home = Home::new(Backend::Sqlite);
    for (line, command) in [
        ("list", "try 'esctl stream list';"),
        ("get order-17", "'esctl doc get ID';"),
        ("events", "esctl stream read STREAM"),
        ("tail -f", "'esctl stream tail --all';"),
        ("migrate", "'esctl init';"),
        ("ps", "'esctl projection status';"),
        ("--store sqlite:a.db describe order-17", "'esctl stream show STREAM',"),
    ] {
        home.run(line).fails(2, command);
    }
    // A group has verbs of its own.
    assert!(!home.run("projection ls").fails(2, "unrecognized").err.contains("esctl stream list"));
}

fn a_store_that_is_not_there_is_not_made_by_reading(on: Backend) {
    let home = Home::new(on);
    let folder = home.path("");
    for line in READERS {
        let answer = home.run(&format!("{line} -o json"));
        assert_eq!((answer.code, answer.error()["code"].as_str()), (3, Some("store_not_found")), "{line}");
        let message = answer.error()["message"].to_string();
        let name = home.store().split('?').next().unwrap().rsplit(['/', '@']).next().unwrap();
        assert!(message.contains(name), "{message} does not name {name}");
    }
    assert!(home.has_no_store());
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

fn a_head_that_was_kept_is_held_against_the_store(on: Backend) {
    let home = Home::new(on);
    home.run("init").ok();
    let heads: Vec<String> = (0..3)
        .map(|_| {
            let (position, hash) = home.head();
            home.run("stream append a-1 --type t --data {}").ok();
            format!("{position}:{hash}")
        })
        .collect();
    for head in &heads {
        home.run(&format!("verify --head {head}")).ok();
    }
    let zeros = "0".repeat(64);
    for head in [format!("2:{zeros}"), format!("99:{zeros}"), heads[1].replacen("1:", "2:", 1)] {
        let answer = home.run(&format!("verify --head {head} -o json"));
        assert_eq!(
            (answer.code, answer.json()["ok"].as_bool(), answer.json()["findings"][0]["kind"].as_str()),
            (8, Some(false), Some("head"))
        );
        assert_eq!(answer.error()["code"], "store_damaged");
    }
    home.run(&format!("verify --head 0:{}", "1".repeat(64))).fails(2, "POSITION:HASH");
}
