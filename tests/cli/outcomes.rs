//! The advice of an exit code is safe: a write whose outcome its caller cannot know says how to repeat it, and the repeat
//! changes nothing more.

use std::fs::OpenOptions;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cli::support::Answer;
use crate::cli::support::EVENT_ID;
use crate::cli::support::Home;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::insert_of_commits;

crate::on_every_backend! {
    #[cfg(target_os = "linux")]
    a_write_whose_answer_cannot_be_printed_is_10_and_its_repeat_changes_nothing
    #[cfg(target_os = "linux")]
    a_command_that_wrote_nothing_and_cannot_print_is_6
    the_scope_of_a_key_is_the_stream_and_another_payload_is_a_conflict
    rejected_and_unchanged_commands_do_not_keep_a_key
    a_signal_during_an_append_says_what_became_of_it
    a_signal_before_an_append_says_that_nothing_was_appended
}

/// A line of a batch.
fn line(number: usize) -> String {
    format!("{{\"type\":\"t\",\"data\":{{\"n\":{number}}}}}\n")
}

/// Runs a command line with a stdout that cannot be written.
fn without_stdout(home: &Home, typed: &str, stdin: &[u8], closed: bool) -> Answer {
    let mut command = home.command();
    if closed {
        let program = command.get_program().to_owned();
        let mut shell = Command::new("sh");
        shell.env_clear().current_dir(home.path(""));
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command = shell;
        command.args(["-c", "exec \"$0\" \"$@\" >&-"]).arg(program);
    }
    command.args(words(typed)).env("ESCTL_OUTPUT", "json");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut child = command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the command that an error says is safe to repeat, as a shell reads it.
fn repeat(home: &Home, error: &Value, stdin: &[u8]) -> Answer {
    let line = error["details"]["repeat"].as_str().unwrap_or_else(|| panic!("no command to repeat: {error}"));
    assert!(error["hint"].as_str().unwrap().contains(line), "{error}");
    assert_eq!(error["details"]["repeat_needs_stdin"], !stdin.is_empty(), "{error}");
    let esctl = home.command();
    let mut shell = Command::new("sh");
    shell.env_clear().current_dir(home.path(""));
    shell.envs(esctl.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("ESCTL_OUTPUT", "json");
    let function = format!("esctl() {{ '{}' \"$@\"; }}; {line}", esctl.get_program().display());
    Answer::of(start(shell.args(["-c", &function])), stdin)
}

/// Returns the head of this store.
fn contents(home: &Home) -> (u64, String) {
    home.head()
}

/// Commands that write, and what they read.
fn writers() -> Vec<(&'static str, String)> {
    let none = String::new;
    vec![
        ("init", none()),
        ("stream append order-1 --type t --data '{\"a\": \"it is 5 %\"}'", none()),
        ("stream append order-1 --type t --data -", "{\"a\":1}".into()),
        ("stream append order-1 --batch -", (0..3).map(line).collect()),
        ("stream append order-1 --type t --data {} --event-id 018c2f5e-7a00-7000-8000-0000000000aa", none()),
        ("stream append order-1 --type t --data {} --expect-version 8", none()),
        ("resource create --owner ann --type coins --amount 5 --max 9", none()),
        ("resource allocate gold 5 --reason 'a b'", none()),
        ("resource add gold 5 --idempotency-key mine", none()),
        ("resource lock gold --for 1h", none()),
        ("resource unlock gold", none()),
        ("doc create plan --data '{\"n\":1}'", none()),
        ("doc update plan --merge '{\"n\":2}'", none()),
        ("doc set plan -- a=-1", none()),
        ("doc patch plan --patch '[{\"op\":\"add\",\"path\":\"/x\",\"value\":1}]'", none()),
        ("doc delete plan", none()),
        ("game new --players 2", none()),
        ("game new table --seed 7", none()),
        ("game join table --player p1", none()),
        ("game bot table --moves 3", none()),
        ("snapshot take order-1 --reducer count", none()),
        ("snapshot take --category resource", none()),
        ("stream append order-1 --type t --data {}", none()),
        ("snapshot take order-1 --reducer count", none()),
        ("snapshot prune --yes", none()),
        ("snapshot delete order-1 --yes", none()),
        ("projection run", none()),
        ("projection rebuild --all", none()),
        ("projection rebuild resources --verify", none()),
        ("projection pause resources", none()),
        ("projection resume resources", none()),
        ("projection rollback resources", none()),
        ("projection create mine --all --key .event.stream --reduce '{n: 1}'", none()),
        ("projection delete mine --yes", none()),
        ("context add work --store sqlite:work.db --use", none()),
        ("context use work", none()),
        ("context remove work --yes", none()),
        ("man --dir pages", none()),
    ]
}

#[cfg(target_os = "linux")]
fn a_write_whose_answer_cannot_be_printed_is_10_and_its_repeat_changes_nothing(on: Backend) {
    let home = Home::seeded(on);
    for (number, (typed, stdin)) in writers().into_iter().enumerate() {
        let answer = without_stdout(&home, typed, stdin.as_bytes(), number % 2 == 0);
        assert_eq!(answer.code, 10, "{typed}: {answer:?}");
        let error = answer.error();
        assert_eq!((&error["exit"], &error["details"]["outcome"]), (&10.into(), &"applied".into()), "{typed}: {error}");
        let before = contents(&home);
        for _ in 0..2 {
            let again = repeat(&home, &error, stdin.as_bytes());
            assert_eq!(again.code, 0, "{typed}: {error} {again:?}");
        }
        assert_eq!(contents(&home), before, "{typed}");
    }
    let copy = home.place_for_a_copy(on);
    let answer = without_stdout(&home, &format!("replay --all --into {}", copy.url), b"", false);
    assert_eq!(answer.code, 10, "{answer:?}");
    // A password in the URL is left out of the command, which then needs it again.
    if !copy.url.contains('@') {
        repeat(&home, &answer.error(), b"").ok();
    }
    assert!(!answer.err.contains("esctl:esctl@"), "{answer:?}");
    let scenario = home.file("s.yaml", home.run("scenario init").ok().out);
    let answer = without_stdout(&home, &format!("scenario run {scenario} --junit report.xml"), b"", true);
    assert!(answer.code == 10 && home.path("report.xml").exists(), "{answer:?}");
}

#[cfg(target_os = "linux")]
fn a_command_that_wrote_nothing_and_cannot_print_is_6(on: Backend) {
    let home = Home::seeded(on);
    home.run("doc create plan --data '{\"n\":1}'").ok();
    for typed in [
        "resource allocate gold 5 --dry-run",
        "doc set plan n=1",
        "resource list",
        "projection query resources",
        "projection errors resources",
        "context list",
        "stream read --all",
        "scenario init",
    ] {
        let answer = without_stdout(&home, typed, b"", false);
        assert_eq!((answer.code, &answer.error()["code"]), (6, &"stdout_unavailable".into()), "{typed}: {answer:?}");
    }
    // One that was applied before is there, and stays 10.
    let typed = "resource allocate gold 5 --idempotency-key k";
    home.run(typed).ok();
    let answer = without_stdout(&home, typed, b"", false);
    assert_eq!((answer.code, &answer.error()["details"]["outcome"]), (10, &"already_applied".into()), "{answer:?}");
    // A reader that has ended is no error.
    let mut command = home.command();
    command.args(words("resource allocate gold 5"));
    let mut child = start(&mut command);
    drop(child.stdout.take());
    assert_eq!(Answer::of(child, b"").code, 0);
}

fn the_scope_of_a_key_is_the_stream_and_another_payload_is_a_conflict(on: Backend) {
    let home = Home::seeded(on);
    let batch: String = (0..3).map(line).collect();
    let append = |stream: &str, batch: &str| {
        home.feed(&format!("stream append {stream} --batch - --idempotency-key k -o json"), batch.as_bytes())
    };
    let first = append("work-1", &batch).ok().json();
    assert_eq!((&first["outcome"], &first["version"]), (&"applied".into(), &3.into()));
    let again = append("work-1", &batch).ok().json();
    assert_eq!(again["outcome"], "already_applied");
    assert_eq!((&again["events"], &again["version"]), (&first["events"], &first["version"]));
    assert_eq!(append("work-2", &batch).ok().json()["outcome"], "applied", "a key of another stream");
    let by_bob = "stream append work-1 --batch - --idempotency-key k --client bob --correlation-id c -o json";
    assert_eq!(home.feed(by_bob, batch.as_bytes()).ok().json()["outcome"], "already_applied", "the payload counts");
    let others = [
        (0..2).map(line).collect::<String>(),
        (0..4).map(line).collect(),
        (1..4).map(line).collect(),
        batch.replacen("\"t\"", "\"u\"", 1),
        batch.replacen("}}", "},\"metadata\":{\"a\":1}}", 1),
        batch.replacen("}}", "},\"schema_version\":2}", 1),
    ];
    for other in &others {
        let answer = append("work-1", other);
        assert_eq!((answer.code, &answer.error()["code"]), (4, &"idempotency_key_reused".into()), "{other} {answer:?}");
    }
    // Commands and appends share the keys of a stream.
    home.run("resource allocate gold 1 --idempotency-key k").ok();
    home.run("resource allocate gold 2 --idempotency-key k").fails(4, "key \"k\"");
    home.run("resource add gold 1 --idempotency-key k").fails(4, "key \"k\"");
    home.run("stream append resource-gold --type x.y --data {} --idempotency-key k").fails(4, "key \"k\"");
    // Ids of a batch's own stay, the others are derived.
    let mixed =
        format!("{}{}", line(7).replacen("}}", &format!("}},\"event_id\":\"{}\"}}", EVENT_ID.replace("01", "77")), 1), line(8));
    assert_eq!(append("work-3", &mixed).ok().json()["outcome"], "applied");
    assert_eq!(append("work-3", &mixed).ok().json()["outcome"], "already_applied");
    home.run(&format!("stream append work-4 --type t --data {{}} --event-id {EVENT_ID} --idempotency-key k"))
        .fails(2, "--event-id");
    home.run("verify").ok();
}

fn rejected_and_unchanged_commands_do_not_keep_a_key(on: Backend) {
    let home = Home::seeded(on);
    home.run("resource allocate gold 5000 --idempotency-key k").fails(5, "requested");
    home.run("resource allocate gold 5 --idempotency-key k").ok();
    home.run("doc create plan --data '{\"n\":1}'").ok();
    assert_eq!(home.run("doc set plan n=1 --idempotency-key k -o json").ok().json()["outcome"], "unchanged");
    assert_eq!(home.run("doc set plan n=2 --idempotency-key k -o json").ok().json()["outcome"], "applied");
}

fn a_signal_during_an_append_says_what_became_of_it(on: Backend) {
    let home = Home::new(on);
    home.run("init").ok();
    let batch: String = (0..20_000).map(line).collect();
    let mut codes = Vec::new();
    for round in 0..12_u64 {
        let (name, code) = if round % 2 == 0 { ("INT", 130) } else { ("TERM", 143) };
        let stream = format!("work-{round}");
        let mut command = home.command();
        command.args(["stream", "append", &stream, "--batch", "-", "-o", "json"]);
        let mut child = start(&mut command);
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), batch.as_bytes()).unwrap();
        child.stdin = None;
        thread::sleep(Duration::from_millis(60 * round));
        signal(name, &child);
        let output = child.wait_with_output().unwrap();
        let (found, err) = (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap());
        let there = home.run(&format!("stream show {stream} -o json"));
        let version = if there.code == 0 { there.json()["version"].as_u64().unwrap() } else { 0 };
        let error = || serde_json::from_str::<Value>(&err).unwrap_or_else(|error| panic!("{error}: {err}"))["error"].clone();
        match found {
            0 => assert_eq!(version, 20_000),
            10 => assert!(error()["details"]["repeat"].is_string()),
            found => {
                assert_eq!(found, code, "{err}");
                let (details, applied) = (&error()["details"], version > 0);
                assert_eq!(details["outcome"], if applied { "applied" } else { "none" }, "{err}");
                if applied {
                    assert_eq!((version, &details["version"], &details["events"]), (20_000, &version.into(), &20_000.into()));
                    assert!(details["position"].is_u64() && details["repeat"].is_string(), "{err}");
                }
            }
        }
        codes.push(found);
    }
    assert!(codes.iter().any(|code| *code != 0), "no signal came in time: {codes:?}");
    home.run("verify").ok();
}

fn a_signal_before_an_append_says_that_nothing_was_appended(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    let mut command = home.command();
    command.args(words("stream append order-1 --batch - -o json"));
    let mut child = start(&mut command);
    // It waits for its stdin.
    let stdin = child.stdin.take();
    thread::sleep(Duration::from_millis(700));
    signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((output.status.code(), &error["error"]["details"]["outcome"]), (Some(130), &"none".into()), "{error}");
    assert_eq!(home.head(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn the_repeated_command_names_the_store_as_it_was_named() {
    let home = Home::new(Backend::Sqlite);
    home.run("context add work --store sqlite:work.db").ok();
    let named = |typed: &str, variables: &[(&str, &str)]| {
        let mut command = home.command();
        command.env_remove("ESCTL_STORE").envs(variables.iter().copied()).env("ESCTL_OUTPUT", "json").args(words(typed));
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        error["error"]["details"]["repeat"].as_str().unwrap_or_else(|| panic!("{error}")).to_owned()
    };
    assert_eq!(named("init", &[]), "esctl init");
    assert_eq!(named("init", &[("ESCTL_STORE", "sqlite:a.db")]), "esctl init --store \"$ESCTL_STORE\"");
    assert_eq!(named("init --store 'sqlite:a b.db'", &[("ESCTL_STORE", "sqlite:a.db")]), "esctl init --store 'sqlite:a b.db'");
    assert_eq!(named("--context work init", &[("ESCTL_STORE", "sqlite:a.db")]), "esctl --context work init");
    assert_eq!(named("init", &[("ESCTL_CONTEXT", "work")]), "esctl init --context work");
    home.run("context use work").ok();
    assert_eq!(named("init", &[]), "esctl init --context work");
    assert!(named("context use work", &[]).starts_with("esctl context use work"));
}

/// Returns true for a request that holds the mark of the events of these tests.
pub(crate) fn marked(said: &[u8]) -> bool {
    said.windows(11).any(|part| part == b"lost-answer")
}

/// Returns a proxy in front of the server of a store, and the URL of the store through it.
pub(crate) fn behind_a_proxy(home: &Home, server: &str, counts: fn(&[u8]) -> bool) -> (Proxy, String) {
    let port: u16 = std::env::var(format!("{server}_PORT")).ok().and_then(|port| port.parse().ok()).unwrap_or_else(|| {
        let (_, rest) = home.store().split_once("://").unwrap();
        rest.rsplit('@').next().unwrap().split('/').next().unwrap().rsplit(':').next().unwrap().parse().unwrap()
    });
    let proxy = Proxy::before(port, counts);
    let through = home.store().replacen(&format!(":{port}/"), &format!(":{}/", proxy.port()), 1);
    (proxy, through)
}

/// A server that does what it is asked and is gone before it answers: the command is 10, and its repeat changes nothing.
fn an_answer_that_is_lost(on: Backend, server: &str, counts: fn(&[u8]) -> bool) {
    let home = Home::at(Place::fresh(on, std::path::Path::new("/nowhere"), "store"));
    home.run("resource create gold --owner o --type t --amount 100 --max 100").ok();
    home.run("doc create plan --data {}").ok();
    home.run("game new table --players 2").ok();
    home.run("stream append work-1 --type t --data {}").ok();
    let (proxy, through) = behind_a_proxy(&home, server, counts);
    let batch = (0..50).map(|n| line(n).replace("\"t\"", "\"lost-answer\"")).collect::<String>();
    let lost = |typed: &str, stdin: &str| {
        proxy.set(Mode::LoseAnswerAndGo);
        let mut command = home.command();
        command.env("ESCTL_STORE", &through).env("ESCTL_OUTPUT", "json").env("ESCTL_TIMEOUT", "2s").args(words(typed));
        let answer = Answer::of(start(&mut command), stdin.as_bytes());
        assert_eq!(answer.code, 10, "{typed}: {answer:?}");
        let error = answer.error();
        assert_eq!((&error["code"], &error["details"]["outcome"]), (&"outcome_unknown".into(), &"unknown".into()), "{error}");
        proxy.set(Mode::Pass);
        error
    };
    for (typed, stdin) in [
        ("stream append work-1 --type lost-answer --data {}", ""),
        ("stream append work-1 --batch -", &batch),
        ("resource allocate gold 5 --reason lost-answer", ""),
        ("resource create --owner lost-answer --type t --amount 1 --max 1", ""),
        ("doc set plan a=lost-answer", ""),
        ("game join table --player lost-answer", ""),
    ] {
        let before = home.head().0;
        let error = lost(typed, stdin);
        let after = home.head();
        let written = if stdin.is_empty() { 1 } else { 50 };
        assert_eq!(after.0, before + written, "{typed}: the server had done it");
        let again = repeat(&home, &error, stdin.as_bytes()).ok();
        assert_eq!(again.json()["outcome"], "already_applied", "{typed}: {again:?}");
        assert_eq!(home.head(), after, "{typed}");
    }
    // In the middle of the moves of a bot.
    home.run("game join table --player other").ok();
    let before = home.head().0;
    let error = lost("game bot table --player lost-answer --moves 1", "");
    let after = home.head();
    assert!(after.0 > before, "the server had done it");
    assert_eq!(repeat(&home, &error, b"").ok().items().len(), 0);
    assert_eq!(home.head(), after);
    // Lost on its way: nothing is done.
    proxy.set(Mode::Gone);
    let before = home.head().0;
    let mut command = home.command();
    command.env("ESCTL_STORE", &through).env("ESCTL_TIMEOUT", "1s").args(words("stream append work-1 --type t --data {}"));
    assert_eq!(Answer::of(start(&mut command), b"").code, 6);
    assert_eq!(home.head().0, before);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_answer_that_is_lost_on_postgres_is_10() {
    an_answer_that_is_lost(Backend::Postgres, "ESCTL_TEST_POSTGRES", marked);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_answer_that_is_lost_on_mongodb_is_10() {
    an_answer_that_is_lost(Backend::MongoReplicaSet, "ESCTL_TEST_MONGODB", insert_of_commits);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_answer_that_is_lost_on_a_standalone_mongodb_is_10() {
    an_answer_that_is_lost(Backend::MongoStandalone, "ESCTL_TEST_MONGODB_STANDALONE", insert_of_commits);
}
