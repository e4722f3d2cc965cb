//! PostgreSQL stores of other programs are followed while real writers take numbers in three ways.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use esctl::store::follow::FollowStart;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

use crate::common::backend::run;
use crate::common::own_server::Server;
use crate::layout::followed::Random;
use crate::layout::followed::Reader;
use crate::layout::followed::store_of;
use crate::layout::stores::Foreign;

const TABLE: &str = "CREATE TABLE ev (position bigserial PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL, \
                     data jsonb NOT NULL, UNIQUE (stream, version))";

const BY_POSITION: &str = r#"
title = "Followed"
engine = "postgres"
[events]
from = "ev"
position = "e.position"
stream = { parts = ["e.stream"] }
version = { column = "e.version", first = 1 }
type = "e.stream"
data = { column = "e.data" }
[follow]
rule = "transactions"
"#;

/// The way in which a writer takes its number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Numbering {
    Default,
    Before,
    Earlier,
}

const BEGINNING: FollowStart = FollowStart::After { place: 0, existing: 0 };

/// Returns a server with the table, and with prepared transactions.
fn server() -> Server {
    let mut server = Server::postgres();
    server.sql("ALTER SYSTEM SET max_prepared_transactions = 50");
    server.stop();
    server.start_again();
    server.sql(TABLE);
    server
}

async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

async fn number(connection: &mut PgConnection, sql: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(connection).await
}

/// Writes one event, or rolls it back.
async fn write(
    connection: &mut PgConnection,
    random: &mut Random,
    numbering: Numbering,
    stream: &str,
    version: i64,
) -> Result<(), sqlx::Error> {
    const NEXT: &str = "SELECT nextval('ev_position_seq')";
    let mut position = None;
    if numbering == Numbering::Earlier {
        position = Some(number(connection, NEXT).await?);
        // Mostly before the next poll of a reader, and sometimes after it.
        let longest = if random.below(4) == 0 { 500 } else { 20 };
        random.pause(longest).await;
    }
    execute(connection, "BEGIN".into()).await?;
    if numbering == Numbering::Before {
        position = Some(number(connection, NEXT).await?);
        random.pause(20).await;
    }
    let position = position.map_or_else(|| "nextval('ev_position_seq')".to_owned(), |position| position.to_string());
    let insert = format!(
        "WITH p (n) AS (SELECT {position}) INSERT INTO ev (position, stream, version, data) \
         SELECT n, '{stream}', {version}, jsonb_build_object('n', n) FROM p"
    );
    execute(connection, insert).await?;
    random.pause(20).await;
    match random.below(100) {
        0..15 => execute(connection, "ROLLBACK".into()).await,
        15..20 => {
            execute(connection, format!("PREPARE TRANSACTION '{stream} {version}'")).await?;
            random.pause(300).await;
            execute(connection, format!("COMMIT PREPARED '{stream} {version}'")).await
        }
        _ => execute(connection, "COMMIT".into()).await,
    }
}

/// Writes until it is stopped, across restarts of the server.
fn writer(url: &str, seed: u64, numbering: Numbering, stop: &AtomicBool) {
    let (mut random, stream) = (Random(seed), format!("s-{seed}"));
    let version = AtomicI64::new(0);
    run(async {
        while !stop.load(Ordering::SeqCst) {
            let Ok(mut connection) = PgConnection::connect(url).await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            while !stop.load(Ordering::SeqCst) {
                let next = version.fetch_add(1, Ordering::SeqCst) + 1;
                if write(&mut connection, &mut random, numbering, &stream, next).await.is_err() {
                    break;
                }
            }
        }
    });
}

async fn written(url: &str) -> BTreeSet<i64> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    // What a restart left behind prepared.
    let left: Vec<String> = sqlx::query_scalar("SELECT gid FROM pg_prepared_xacts").fetch_all(&mut connection).await.unwrap();
    for gid in left {
        execute(&mut connection, format!("COMMIT PREPARED '{gid}'")).await.unwrap();
    }
    let numbers: Vec<i64> = sqlx::query_scalar("SELECT position FROM ev").fetch_all(&mut connection).await.unwrap();
    numbers.into_iter().collect()
}

/// Follows six writers for some seconds; the reader.
fn followed(server: &mut Server, numberings: &[Numbering], seconds: u64, restarts: bool) -> Reader {
    let (url, stop, stopped) = (server.url.clone(), AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|number| {
                let (url, stop, numbering) = (&url, &stop, numberings[number % numberings.len()]);
                scope.spawn(move || writer(url, number as u64 + 1, numbering, stop))
            })
            .collect();
        let reader = scope.spawn(|| {
            let mut reader = Reader::new(store_of(&url, BY_POSITION), None, BEGINNING, if restarts { 0 } else { 4 });
            run(reader.follow(&stopped, async || written(&url).await));
            reader
        });
        thread::sleep(Duration::from_secs(seconds));
        if restarts {
            server.stop();
            thread::sleep(Duration::from_millis(500));
            server.start_again();
            thread::sleep(Duration::from_secs(seconds));
            server.kill();
            server.start_again();
            thread::sleep(Duration::from_secs(seconds));
        }
        stop.store(true, Ordering::SeqCst);
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        stopped.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    })
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_reader_that_is_killed_misses_nothing_however_numbers_are_taken() {
    for numbering in [Numbering::Default, Numbering::Before, Numbering::Earlier] {
        let reader = followed(&mut server(), &[numbering], 4, false);
        println!("{numbering:?}: {} events, {} late, {} kills", reader.recorded.len(), reader.late, reader.killed);
        assert!(reader.recorded.len() > 200 && reader.killed > 3, "{}", reader.recorded.len());
        assert!(numbering == Numbering::Earlier || reader.late == 0, "{numbering:?}: {} late", reader.late);
        assert!(reader.order.is_sorted() || numbering == Numbering::Earlier, "{numbering:?}");
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_reader_misses_nothing_across_restarts_of_the_server() {
    let all = [Numbering::Default, Numbering::Before, Numbering::Earlier];
    let reader = followed(&mut server(), &all, 2, true);
    println!("{} events, {} late, {} times unavailable", reader.recorded.len(), reader.late, reader.unavailable);
    // The reader may have connected again before it noticed anything.
    assert!(reader.recorded.len() > 100, "{}", reader.recorded.len());
}

/// A command that follows a store.
struct Tail {
    child: Child,
    /// The lines of events.
    lines: Receiver<String>,
    /// The lines of notes and warnings.
    notes: Receiver<String>,
}

impl Tail {
    fn next(&self) -> (i64, bool) {
        let line = self.lines.recv_timeout(LONGEST).expect("an event");
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        (event["position"].as_i64().unwrap(), event["source"]["late"] == true)
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The longest wait for a line of a command.
const LONGEST: Duration = Duration::from_secs(60);

/// Returns the lines of a pipe as they come.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufRead::lines(BufReader::new(pipe)).map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

fn tail(foreign: &Foreign, args: &[&str]) -> Tail {
    let layout = foreign.file("followed.toml", BY_POSITION);
    let program = foreign.esctl.command().get_program().to_owned();
    let mut child = Command::new(program)
        .args(["--store", foreign.url.as_str(), "--layout", &layout, "stream", "tail", "-o", "ndjson"])
        .args(args)
        .current_dir(foreign.esctl.dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (lines, notes) = (lines_of(child.stdout.take().unwrap()), lines_of(child.stderr.take().unwrap()));
    Tail { child, lines, notes }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_command_waits_for_an_open_transaction_names_it_marks_late_events_and_goes_on_from_its_file() {
    let foreign = Foreign::postgres(TABLE);
    let add =
        |position: i64| format!("INSERT INTO ev VALUES ({position}, 's-1', {position}, jsonb_build_object('n', {position}))");
    foreign.sql(&add(1));
    let reader = tail(&foreign, &["--all", "--resume", "place"]);
    assert_eq!(reader.next(), (1, false));
    run(async {
        let mut open = PgConnection::connect(foreign.server()).await.unwrap();
        execute(&mut open, format!("SET application_name = billing; SET search_path = {}; BEGIN; {}", foreign.schema(), add(2)))
            .await
            .unwrap();
        let mut other = PgConnection::connect(foreign.server()).await.unwrap();
        execute(&mut other, format!("SET search_path = {}; {}", foreign.schema(), add(3))).await.unwrap();
        let said = reader.notes.recv_timeout(LONGEST).expect("a warning");
        assert!(said.contains("waiting for position 2, which an open transaction may still add: server process"), "{said}");
        assert!(said.contains("application billing"), "{said}");
        assert!(reader.lines.try_recv().is_err(), "position 3 waits");
        execute(&mut open, "COMMIT".into()).await.unwrap();
    });
    assert_eq!((reader.next(), reader.next()), ((2, false), (3, false)));
    // A hole that no open transaction fills is passed, and filled late.
    foreign.sql(&add(6));
    assert_eq!(reader.next(), (6, false));
    let place = foreign.esctl.path("place").display().to_string();
    while !std::fs::read_to_string(&place).unwrap().contains(r#""last":6"#) {
        thread::sleep(Duration::from_millis(20));
    }
    reader.kill();
    foreign.sql(&format!("{}; {}", add(5), add(7)));
    let reader = tail(&foreign, &["--all", "--resume", "place"]);
    assert_eq!((reader.next(), reader.next()), ((5, true), (7, false)));
    foreign.sql(&add(4));
    assert_eq!(reader.next(), (4, true));
    reader.kill();
    // The token is one of this layout and of all streams.
    let layout = foreign.file("followed.toml", BY_POSITION);
    let (code, _, error) = foreign.run(&["--layout", &layout, "stream", "tail", "s-1", "--resume", &place, "-o", "ndjson"]);
    assert!(code == 2 && error.contains("all streams, not of"), "{error}");
}
