//! Server processes that are ended, a writer that is held open, connections that are cut when the write was sent.

use std::sync::Arc;
use std::time::Duration;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::Hash;
use esctl::event::NewEvent;
use esctl::event::StreamName;
use esctl::ops::selftest::AppendAttempt;
use esctl::ops::selftest::Journal;
use esctl::ops::selftest::LoadWriter;
use esctl::ops::selftest::Notebook;
use esctl::ops::selftest::Promise;
use esctl::ops::selftest::SelftestHistory;
use esctl::ops::selftest::check;
use esctl::ops::selftest::observe;
use esctl::store::AppendRequest;
use esctl::store::OpenOptions;
use esctl::store::RecordTime;
use esctl::store::open;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use tokio::sync::watch;
use url::Url;

use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::anything;
use crate::history::trial::Area;
use crate::history::trial::TIMEOUT;
use crate::history::trial::all_held;
use crate::history::trial::block_on;
use crate::history::trial::history;
use crate::history::trial::unknown;

/// A plain connection, whose tables are those of the store.
async fn connect(area: &Area) -> PgConnection {
    let mut url: Url = area.url.parse().unwrap();
    let schema = url.query_pairs().find(|(key, _)| key == "schema").unwrap().1.into_owned();
    url.set_query(None);
    let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
    execute(&mut connection, &format!("SET search_path = {schema}")).await;
    connection
}

/// Executes a statement, and returns the number of rows.
async fn execute(connection: &mut PgConnection, sql: &str) -> u64 {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap().rows_affected()
}

/// Ends a server process in mid-append. Only one that works in this schema: other tests use the same server.
const END_ONE: &str = "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.application_name = 'esctl' AND EXISTS (
        SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'
        AND l.objid::int8 = current_schema()::regnamespace::oid::int8)
    ORDER BY random() LIMIT 1";

#[test]
#[ignore = "needs a server: tests/run"]
fn server_processes_ended_in_mid_append_lose_and_double_nothing() {
    block_on(async {
        let area = Area::postgres();
        let ending = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let mut connection = connect(&area).await;
            for _ in 0..150 {
                execute(&mut connection, END_ONE).await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            Vec::new()
        };
        all_held(&history(std::slice::from_ref(&area.url), TIMEOUT, ending).await);
    });
}

/// The load above is never alone; a program that is appends by a way of its own.
#[test]
#[ignore = "needs a server: tests/run"]
fn a_writer_that_is_alone_and_is_cut_off_again_and_again_loses_and_doubles_nothing() {
    block_on(async {
        let area = Area::postgres();
        let store = open(&area.url.parse().unwrap(), OpenOptions::new(TIMEOUT).with_io()).unwrap();
        store.init().await.unwrap();
        let notebook = Arc::new(Notebook::default());
        let (stop, stopped) = watch::channel(false);
        let writer = LoadWriter::new(0, store.clone(), Arc::clone(&notebook) as Arc<dyn Journal>, Arc::default());
        let ending = async {
            let mut connection = connect(&area).await;
            let mut ended = 0;
            while ended < 30 || notebook.acknowledged() < 500 {
                ended += execute(&mut connection, END_ONE).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ending = async {
            let ended = tokio::time::timeout(TIMEOUT * 4, ending).await;
            stop.send_replace(true);
            ended
        };
        let (wrote, ended) = tokio::join!(writer.run(Duration::ZERO, stopped), ending);
        wrote.unwrap();
        ended.unwrap();
        let mut history = SelftestHistory { attempts: notebook.take(), ..SelftestHistory::default() };
        observe(&store, &mut history).await.unwrap();
        let mut findings = check(&history).findings;
        // No projection was run.
        findings.retain(|finding| finding.promise != Promise::ReadModels);
        assert!(findings.is_empty(), "{findings:#?}");
    });
}

/// Appends an event to a stream in a transaction that stays open for a while.
async fn hold(connection: &mut PgConnection, end: &str) -> AppendAttempt {
    let stream = StreamName::parse("selftest-held-1").unwrap();
    let event = NewEvent::new(EventType::parse("selftest.held").unwrap(), &serde_json::json!({ "end": end })).unwrap();
    let Hash(content) = event.content_hash(&stream);
    let content: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
    let sql = format!(
        "BEGIN; SELECT * FROM append_group(ARRAY['{stream}'], ARRAY[-1]::int8[], ARRAY[1], ARRAY[NULL]::int8[], ARRAY[0],
             ARRAY['{}']::uuid[], ARRAY[1], ARRAY['{}'], ARRAY[1], ARRAY[NULL]::int8[], ARRAY['{}'], ARRAY['{}'],
             ARRAY['\\x{content}'::bytea], false, NULL, NULL)",
        event.event_id,
        event.event_type,
        event.data.as_str(),
        event.metadata.as_str()
    );
    execute(connection, &sql).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    execute(connection, end).await;
    let request = AppendRequest { stream, expected: ExpectedVersion::Any, events: vec![event], time: RecordTime::StoreClock };
    AppendAttempt::of(99, &request)
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_writer_held_in_mid_transaction_hides_nothing_and_leaves_no_gap() {
    block_on(async {
        let area = Area::postgres();
        let holding = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let mut connection = connect(&area).await;
            let mut held = Vec::new();
            for end in ["COMMIT", "ROLLBACK", "COMMIT", "ROLLBACK"] {
                let attempt = hold(&mut connection, end).await;
                // A rolled back append must not be there: it is not among the attempts.
                held.extend((end == "COMMIT").then_some(attempt));
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            held
        };
        let history = history(std::slice::from_ref(&area.url), TIMEOUT, holding).await;
        all_held(&history);
        assert_eq!(history.events.iter().filter(|event| &*event.stream == "selftest-held-1").count(), 2);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn connections_cut_when_the_write_was_sent_lose_and_double_nothing() {
    block_on(async {
        let area = Area::postgres();
        let proxy = Proxy::before(area.port(), anything);
        let urls = [area.url.clone(), area.through(proxy.port())];
        let cutting = async {
            for round in 0..60 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                proxy.set(if round % 3 == 0 { Mode::LoseRequest } else { Mode::LoseAnswer });
            }
            for _ in 0..2 {
                proxy.set(Mode::LoseAnswerAndGo);
                // Longer than the time that a store asks what became of it.
                tokio::time::sleep(Duration::from_millis(2500)).await;
                proxy.set(Mode::Pass);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Vec::new()
        };
        let history = history(&urls, Duration::from_millis(1500), cutting).await;
        all_held(&history);
        assert!(unknown(&history) > 0, "no outcome was unknown");
    });
}
