//! The examples of the help run: each alone, on a store with data of the last days, in a folder with the files that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use esctl::cli::args;
use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::ops::append_events::AppendEvents;
use esctl::ops::append_events::EventInput;
use esctl::ops::append_events::append_events;
use esctl::runtime::CommandBus;
use esctl::runtime::CommandEnvelope;
use esctl::runtime::SnapshotPolicy;
use esctl::runtime::WriteOptions;
use esctl::runtime::system_clock;
use esctl::store;
use esctl::store::OpenOptions;
use esctl::store::RecordTime;
use serde_json::json;

/// The id in the examples.
const ID: &str = "018c2f5e-7a00-7000-8000-000000000001";

/// Examples that are not run, by their beginning, with the reason.
const NOT_RUN: [(&str, &str); 7] = [
    ("esctl ui", "needs a terminal: tests/ui"),
    ("esctl serve", "listens on a port that may be in use: tests/serve"),
    ("esctl bench", "takes minutes in a debug build: tests/cli_bench"),
    ("esctl selftest", "takes half a minute: tests/cli_selftest"),
    ("esctl init --store postgres:", "needs a server: tests/conformance"),
    ("esctl copy --from postgres:", "needs a server: tests/layout"),
    ("esctl stream tail --all --layout", "needs a store of another program: tests/layout"),
];

/// Examples that go on until they are stopped.
const STOPPED: [&str; 3] = [
    "esctl stream tail --all",
    "esctl stream tail order-7 --after 0 -o ndjson",
    "esctl projection run resources --follow --on-error park",
];

/// Examples that ask for a confirmation, which needs a terminal.
const CONFIRMED: [&str; 5] = [
    "esctl snapshot delete resource-gold",
    "esctl snapshot prune",
    "esctl projection delete orders",
    "esctl context remove work",
    "esctl projection rollback resources",
];

/// Examples of a failure, by their beginning, with the exit code.
const FAILS: [(&str, i32); 4] = [
    ("esctl projection errors resources --retry", 1),
    // The last event is three days old, and no projection has run.
    ("esctl check head --warn 5m", 2),
    ("esctl check head --crit 1h", 2),
    ("esctl check lag --warn 1000 --crit 5m", 2),
];

/// Examples that run on an empty store, by their beginning.
const EMPTY: [&str; 4] = ["esctl resource create", "esctl doc create", "esctl game new", "esctl projection errors"];

const JOINED: &str = "esctl game join g1 --player ann && esctl game join g1 --player bob";
const FAILED: &str = "esctl resource create gold --owner ann --type coin --amount 1 --max 5 \
     && esctl stream append resource-gold --type resource.added --data '{\"amount\":\"lots\"}' --force \
     --event-id 018c2f5e-7a00-7000-8000-000000000001 && { esctl projection run resources --on-error park || [ $? -eq 8 ]; }";
/// A turn in which ann gains more crystals than she can hold.
const RICH: &str = "esctl game join g1 --player ann && esctl game join g1 --player bob \
     && esctl stream append game-g1 --type game.card_played --data '{\"player_id\":\"ann\",\"card\":\"s1\",\"paid\":{},\
     \"gained\":{\"yellow\":4,\"green\":4,\"blue\":4,\"pink\":4}}'";
/// The turns after that: it is ann's again.
const NEXT_ROUND: &str = "esctl stream append game-g1 --type game.turn_ended \
     --data '{\"player_id\":\"ann\",\"next\":{\"player_id\":\"bob\",\"round\":1}}' \
     && esctl game rest g1 --player bob && esctl game end-turn g1 --player bob";

/// Commands before an example, by its beginning; the longest that fits.
const BEFORE: [(&str, &[&str]); 21] = [
    ("esctl resource unlock", &["esctl resource lock gold"]),
    ("esctl game leave g1 --player ann", &["esctl game join g1 --player ann"]),
    ("esctl game leave g1 --client bob", &["esctl game join g1 --player bob"]),
    ("esctl game play", &[JOINED]),
    ("esctl game acquire", &[JOINED]),
    ("esctl game rest", &[JOINED]),
    ("esctl game claim", &[RICH, NEXT_ROUND]),
    ("esctl game discard", &[RICH]),
    ("esctl game end-turn g1 --player ann", &[JOINED, "esctl game rest g1 --player ann"]),
    (
        "esctl game end-turn g1 --client bob",
        &[JOINED, "esctl game rest g1 --player ann", "esctl game end-turn g1 --player ann", "esctl game rest g1 --player bob"],
    ),
    ("esctl game show g1 --player", &[JOINED]),
    ("esctl game show g1 --version 12", &["esctl game bot g1 --seed 1 --moves 14"]),
    ("esctl game history", &[JOINED]),
    ("esctl game bot g1 --player", &[JOINED]),
    ("esctl snapshot", &["esctl snapshot take resource-gold"]),
    ("esctl projection rollback", &["esctl projection run", "esctl projection rebuild resources"]),
    ("esctl projection errors", &[FAILED]),
    ("esctl projection delete", &["esctl projection create orders --all --key .stream --reduce '{n: 1}'"]),
    ("esctl projection resume", &["esctl projection pause resources"]),
    ("esctl quarantine release", &["esctl quarantine add 018c2f5e-7a00-7000-8000-000000000001 --reason test"]),
    ("esctl context", &["esctl context add work --store sqlite:work.db"]),
];

/// Files that examples name.
const FILES: [(&str, &str); 7] = [
    (
        "shop.toml",
        "title = \"Shop\"\nengine = \"sqlite\"\n[events]\nfrom = \"order_events\"\nstream = { parts = [\"order_id\"] }\n\
         version = { column = \"version\", first = 1 }\ntype = \"type\"\ndata = { column = \"data\" }\n",
    ),
    ("plan.json", r#"{"title":"Tour"}"#),
    ("changes.json", r#"[{"op":"replace","path":"/title","value":"Grand Tour"}]"#),
    ("paid.json", r#"{"total":12}"#),
    ("events.ndjson", "{\"type\":\"order.placed\",\"data\":{\"total\":5}}\n{\"type\":\"order.paid\",\"data\":{\"total\":5}}\n"),
    ("totals.jq", "{total: ((.state.total // 0) + .event.data.total)}"),
    ("scenarios.yaml", "name: a\nsteps:\n  - {append: order-1, type: order.placed}\n"),
];

#[test]
fn every_example_of_the_help_runs() {
    let scratch = tempfile::tempdir().unwrap();
    let seeded = scratch.path().join("seeded");
    fs::create_dir(&seeded).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(seed(&seeded));
    let mut examples = BTreeSet::new();
    collect(&args::command(), &mut examples);
    assert!(examples.len() > 140, "the examples were not found: {}", examples.len());
    for begin in NOT_RUN
        .iter()
        .map(|(begin, _)| *begin)
        .chain(STOPPED)
        .chain(CONFIRMED)
        .chain(EMPTY)
        .chain(BEFORE.map(|(begin, _)| begin))
        .chain(FAILS.map(|(begin, _)| begin))
    {
        assert!(examples.iter().any(|example| example.starts_with(begin)), "no example begins with {begin}");
    }
    let run: Vec<&String> =
        examples.iter().filter(|example| !NOT_RUN.iter().any(|(begin, _)| example.starts_with(begin))).collect();
    let (next, failures) = (AtomicI64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(example) = run.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap()) {
                    if let Err(failure) = try_example(example, &seeded) {
                        failures.lock().unwrap().push(format!("{example}\n{failure}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} examples failed:\n{}", failures.len(), run.len(), failures.join("\n"));
}

/// Collects the examples of a command and of those below it.
fn collect(command: &clap::Command, examples: &mut BTreeSet<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // Those of the main help build on each other: tests/edge.rs runs them in their order.
    if command.get_name() != "esctl"
        && let Some((_, lines)) = text.split_once("Examples:\n")
    {
        examples.extend(lines.lines().take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()));
    }
    command.get_subcommands().for_each(|below| collect(below, examples));
}

/// Makes a store with events of three days ago, and the files of the examples.
async fn seed(folder: &Path) {
    for (name, text) in FILES {
        fs::write(folder.join(name), text).unwrap();
    }
    let of_another_program = "CREATE TABLE events (aggregate_type TEXT, aggregate_id TEXT, sequence INTEGER, event_type TEXT, \
         event_version TEXT, payload TEXT, metadata TEXT, PRIMARY KEY (aggregate_type, aggregate_id, sequence)); \
         CREATE TABLE snapshots (aggregate_type TEXT, aggregate_id TEXT, last_sequence INTEGER, payload TEXT); \
         CREATE TABLE order_events (order_id TEXT, version INTEGER, type TEXT, data TEXT, PRIMARY KEY (order_id, version))";
    rusqlite::Connection::open(folder.join("orders.db")).unwrap().execute_batch(of_another_program).unwrap();
    let emmett = include_str!("../layout/stores/emmett-sqlite.sql");
    // A check without any checkpoint is unknown.
    let reader = "INSERT INTO emt_subscriptions VALUES ('mails', 1, 'global', 2);";
    rusqlite::Connection::open(folder.join("shop.db")).unwrap().execute_batch(&format!("{emmett}{reader}")).unwrap();
    let url = format!("sqlite:{}", folder.join("store.db").display());
    let store = store::open(&url.parse().unwrap(), OpenOptions::new(Duration::from_secs(30))).unwrap();
    let micros = Arc::new(AtomicI64::new(system_clock()().micros() - 3 * 86_400_000_000));
    let clock: esctl::runtime::Clock =
        Arc::new(move || Timestamp::from_micros(micros.fetch_add(1_000_000, Ordering::SeqCst)).unwrap());
    let bus = CommandBus::with_fixed_clock(store.clone(), Arc::clone(&clock), SnapshotPolicy::default());
    let payday = WriteOptions::by("ann").correlated("payday-17");
    for (command, id, payload, who) in [
        (
            "resource.create",
            "gold",
            json!({"owner_id": "ann", "resource_type": "coin", "initial_amount": 1000, "max_amount": 5000}),
            WriteOptions::by("ann"),
        ),
        ("resource.allocate", "gold", json!({"amount": 600}), payday),
        ("resource.add", "gold", json!({"amount": 300}), WriteOptions::by("bob")),
        (
            "document.create",
            "plan",
            json!({"document": {"title": "Tour", "budget": {"limit": 100, "spent": 0}, "stops": []}}),
            WriteOptions::by("ann"),
        ),
        ("document.merge", "plan", json!({"merge": {"notes": "x"}}), WriteOptions::by("bob")),
        ("document.merge", "plan", json!({"merge": {"notes": "y"}}), WriteOptions::by("ann")),
        ("game.create", "g1", json!({"num_players": 2, "seed": 7}), WriteOptions::by("ann")),
    ] {
        bus.send(&CommandEnvelope::new(command, id, payload, who)).await.unwrap();
    }
    let order = EventInput {
        event_id: Some(ID.parse().unwrap()),
        event_type: EventType::parse("order.placed").unwrap(),
        schema_version: 1,
        data: JsonObject::parse(r#"{"total":12,"customer":"ann"}"#).unwrap(),
        metadata: JsonObject::empty(),
    };
    let append = AppendEvents {
        stream: StreamName::parse("order-7").unwrap(),
        expected: ExpectedVersion::Any,
        batch: vec![order],
        client_id: "ann".to_owned(),
        correlation_id: None,
        causation_id: None,
        idempotency_key: None,
        time: RecordTime::Clock(clock()),
        force: false,
    };
    append_events(&store, append).await.unwrap();
}

/// Runs an example in a folder of its own. Returns what went wrong.
fn try_example(example: &str, seeded: &Path) -> Result<(), String> {
    let home = tempfile::tempdir().unwrap();
    let empty = EMPTY.iter().any(|begin| example.starts_with(begin));
    for entry in fs::read_dir(seeded).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !(empty && name.starts_with("store.db")) {
            fs::copy(entry.path(), home.path().join(name)).unwrap();
        }
    }
    let fitting = BEFORE.iter().filter(|(begin, _)| example.starts_with(begin)).max_by_key(|(begin, _)| begin.len());
    let before = fitting.map_or(&[][..], |(_, commands)| commands);
    // A context that an example adds is not there yet.
    for line in before.iter().filter(|_| !example.starts_with("esctl context add")) {
        ended(line, 0, &shell(line, home.path()).output().unwrap())?;
    }
    if STOPPED.contains(&example) {
        return goes_on(example, home.path());
    }
    let yes = if CONFIRMED.contains(&example) { " --yes" } else { "" };
    let expected = FAILS.iter().find(|(begin, _)| example.starts_with(begin)).map_or(0, |(_, code)| *code);
    ended(example, expected, &shell(&format!("{example}{yes}"), home.path()).output().unwrap())
}

fn ended(line: &str, expected: i32, output: &Output) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(expected) { Ok(()) } else { Err(format!("  {line}: {}\n  {said}", output.status)) }
}

/// Starts an example that goes on, and stops it.
fn goes_on(example: &str, home: &Path) -> Result<(), String> {
    let mut child = shell(&format!("exec {example}"), home).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    let early = child.try_wait().unwrap();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    match early {
        None => Ok(()),
        Some(status) => Err(format!("  ended by itself: {status}\n  {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn shell(line: &str, home: &Path) -> Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_esctl")).parent().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(home).env_clear().env("HOME", home).env("TZ", "UTC").env("LANG", "C.UTF-8");
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("ESCTL_STORE", "sqlite:store.db");
    command.stdin(Stdio::null());
    command
}
