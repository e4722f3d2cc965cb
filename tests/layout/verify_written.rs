//! Verification of a store that is written meanwhile.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::layout::stores::Foreign;

const TABLES: &str = "CREATE TABLE log (id INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, d TEXT, UNIQUE (s, v)); \
    CREATE TABLE heads (s TEXT PRIMARY KEY, v INT); PRAGMA journal_mode = WAL;";
const LAYOUT: &str = "title = \"Log\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nposition = \"e.id\"\nstream = { parts = [\"e.s\"] }\n\
    version = { column = \"e.v\", first = 1 }\ntype = \"e.t\"\ndata = { column = \"e.d\" }\n\
    [streams]\nfrom = \"heads\"\nparts = [\"s.s\"]\nversion = { column = \"s.v\", first = 1 }\n";

/// Appends an event, and keeps the version of its stream in the same transaction.
fn append(file: &Connection, stream: &str) {
    file.execute_batch(&format!(
        "BEGIN IMMEDIATE; \
         INSERT INTO heads VALUES ('{stream}', 1) ON CONFLICT (s) DO UPDATE SET v = v + 1; \
         INSERT INTO log (s, v, t, d) SELECT s, v, 'T', '{{}}' FROM heads WHERE s = '{stream}'; \
         COMMIT"
    ))
    .unwrap();
}

#[test]
fn streams_that_are_written_during_a_verification_are_no_findings() {
    let foreign = Foreign::sqlite(TABLES);
    let layout = foreign.file("log.toml", LAYOUT);
    let file = Connection::open(foreign.esctl.path("foreign.db")).unwrap();
    file.busy_timeout(Duration::from_secs(20)).unwrap();
    file.execute_batch("PRAGMA synchronous = OFF").unwrap();
    (0..2000).for_each(|n| append(&file, &format!("s-{}", n % 20)));
    let ended = AtomicBool::new(false);
    let verify = || foreign.esctl.run_on(&foreign.url, &["--layout", &layout, "verify", "-o", "json"]);
    thread::scope(|scope| {
        let (ended, path) = (&ended, foreign.esctl.path("foreign.db"));
        scope.spawn(move || {
            let file = Connection::open(path).unwrap();
            file.busy_timeout(Duration::from_secs(20)).unwrap();
            let mut next = 0..;
            while !ended.load(Ordering::SeqCst) {
                append(&file, &format!("s-{}", next.next().unwrap_or(0) % 25));
                // Readers and writers take turns.
                thread::sleep(Duration::from_millis(1));
            }
        });
        let found: Vec<_> = (0..5).map(|_| verify()).collect();
        ended.store(true, Ordering::SeqCst);
        for output in found {
            assert!(output.code == 0, "{output:?}");
        }
    });
    // What stays different, is found.
    file.execute_batch("UPDATE heads SET v = v - 1 WHERE s = 's-1'; UPDATE heads SET v = v + 9 WHERE s = 's-2'; DELETE FROM heads WHERE s = 's-3'")
        .unwrap();
    let output = verify();
    assert_eq!((output.code, output.stdout.matches("\"kind\": \"stream\"").count()), (8, 3), "{output:?}");
}
