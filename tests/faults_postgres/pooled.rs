//! A connection pooler before the server: what it gives to another client is as it was, and nothing is written elsewhere.

crate::faults! {
    a_store_through_a_pooler_is_the_store_of_the_server
    through_a_pooler_another_client_finds_its_settings_and_statements_unchanged
    through_a_pooler_single_appends_one_after_the_other_work
    a_pooler_without_transactions_is_refused_and_nothing_is_made
    through_a_pooler_an_append_whose_connection_breaks_is_found_out_about
    through_a_pooler_the_transaction_of_another_client_is_never_ended
    through_a_pooler_writers_at_once_lose_and_double_nothing
    a_pooler_that_closes_idle_connections_is_asked_for_others
    a_pooler_that_refuses_pgoptions_is_named_with_the_variable
}

mod cases {
    use std::collections::BTreeSet;
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use esctl::event::ExpectedVersion;
    use esctl::store::Init;
    use esctl::store::Outcome;
    use esctl::store::ServerProblem;
    use esctl::store::StoreError;
    use sqlx::AssertSqlSafe;
    use sqlx::ConnectOptions;
    use sqlx::PgConnection;
    use sqlx::postgres::PgConnectOptions;

    use crate::assert_fails;
    use crate::common::pooler::IGNORE;
    use crate::common::pooler::Pooler;
    use crate::common::proxy::Mode;
    use crate::common::proxy::Proxy;
    use crate::common::proxy::anything;
    use crate::conformance::kit::TIMEOUT;
    use crate::conformance::kit::counted;
    use crate::conformance::kit::events;
    use crate::conformance::kit::exactly;
    use crate::conformance::kit::put;
    use crate::conformance::kit::request;
    use crate::conformance::kit::stream;
    use crate::conformance::kit::whole;
    use crate::faults_postgres::helper::Database;
    use crate::faults_postgres::helper::execute;
    use crate::faults_postgres::helper::store_at;

    /// The ways in which a pooler is commonly set up so that esctl works.
    const GOOD: [(&str, &str); 4] = [("session", ""), ("session", IGNORE), ("transaction", ""), ("transaction", IGNORE)];

    async fn tables(database: &Database, schema: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('{schema}')");
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut database.connect().await).await.unwrap()
    }

    pub async fn a_store_through_a_pooler_is_the_store_of_the_server() {
        for (mode, more) in GOOD {
            let database = Database::new().await;
            let pooler = Pooler::before(&database.url(), mode, more);
            let store = store_at(&pooler.url(&database.url()), TIMEOUT);
            assert_fails!(store.head().await, StoreError::NoStore(_));
            assert_eq!(store.init().await.unwrap(), Init::Made);
            assert_eq!(store.init().await.unwrap(), Init::Found);
            put(&store, "thing-1", 3).await;
            let group = vec![
                request("thing-1", exactly(3), events(2)),
                request("thing-1", exactly(3), events(1)),
                request("thing-2", ExpectedVersion::NoStream, events(1)),
            ];
            let outcomes = store.append_together(group).await.unwrap();
            assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{mode} {more}");
            assert_fails!(&outcomes[1], StoreError::Conflict { .. });
            assert_eq!(counted(&store).await.0.len(), 2, "{mode} {more}");
            assert_eq!(whole(&store).await.len(), 6, "{mode} {more}");
            assert_eq!(whole(&database.store()).await.len(), 6, "{mode} {more}");
            assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
            assert_eq!(tables(&database, "public").await, 0, "{mode} {more}");
        }
    }

    /// Another client of the pooler, with the statement it prepared.
    async fn other_client(pooler: &Pooler, database: &Database) -> PgConnection {
        let options: PgConnectOptions = pooler.url(&database.url()).as_str().parse().unwrap();
        options.extra_float_digits(None::<i8>).application_name("other").connect().await.unwrap()
    }

    type State = BTreeSet<(String, Option<String>)>;

    /// All that a session can have set, and the statements that are prepared on it. The settings of a language are there
    /// once a function in it was called.
    async fn state(client: &mut PgConnection) -> State {
        let sql = "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%'
                   UNION ALL SELECT 'prepared', name FROM pg_prepared_statements";
        let rows = sqlx::raw_sql(sql).fetch_all(client).await.unwrap();
        rows.iter().map(|row| (sqlx::Row::get(row, 0), sqlx::Row::get(row, 1))).collect()
    }

    fn same(now: &State, before: &State) {
        assert!(now == before, "{:?}", now.symmetric_difference(before));
    }

    pub async fn through_a_pooler_another_client_finds_its_settings_and_statements_unchanged() {
        // One connection to the server, which all clients have in turn; and nothing resets it.
        for more in ["default_pool_size = 1\nserver_reset_query =", &format!("default_pool_size = 1\n{IGNORE}")] {
            for mode in ["session", "transaction"] {
                let database = Database::new().await;
                let pooler = Pooler::before(&database.url(), mode, more);
                let before = state(&mut other_client(&pooler, &database).await).await;
                let mut during = (mode == "transaction").then_some(other_client(&pooler, &database).await);
                let store = store_at(&pooler.url(&database.url()), TIMEOUT);
                for number in 0..20 {
                    put(&store, &format!("thing-{number}"), 1).await;
                    if let Some(other) = &mut during {
                        same(&state(other).await, &before);
                    }
                }
                assert_eq!(counted(&store).await.0.len(), 20);
                drop(store);
                same(&state(&mut other_client(&pooler, &database).await).await, &before);
            }
        }
    }

    pub async fn through_a_pooler_single_appends_one_after_the_other_work() {
        for (mode, more) in GOOD {
            let database = Database::new().await;
            let pooler = Pooler::before(&database.url(), mode, &format!("{more}\ndefault_pool_size = 1"));
            let store = store_at(&pooler.url(&database.url()), TIMEOUT);
            for version in 0..60 {
                let appended = store.append(request("thing-1", exactly(version), events(1))).await.unwrap();
                assert_eq!(appended.outcome, Outcome::Applied);
            }
            assert_eq!(whole(&store).await.len(), 60);
            assert_eq!(tables(&database, "public").await, 0);
        }
    }

    pub async fn a_pooler_without_transactions_is_refused_and_nothing_is_made() {
        for more in ["", IGNORE] {
            let database = Database::new().await;
            let pooler = Pooler::before(&database.url(), "statement", more);
            let store = store_at(&pooler.url(&database.url()), TIMEOUT);
            let append = store.append(request("thing-1", ExpectedVersion::Any, events(1))).await.unwrap_err();
            for error in [store.head().await.unwrap_err(), store.init().await.unwrap_err(), append] {
                assert!(matches!(error, StoreError::Unsuitable { problem: ServerProblem::Pooler, .. }), "{error:?}");
                assert!(error.to_string().contains("pooler"), "{error}");
            }
            assert_eq!((tables(&database, "public").await, tables(&database, "esctl").await), (0, 0));
        }
    }

    pub async fn through_a_pooler_an_append_whose_connection_breaks_is_found_out_about() {
        for mode in ["session", "transaction"] {
            let database = Database::new().await;
            let pooler = Pooler::before(&database.url(), mode, "");
            put(&database.store(), "thing-1", 1).await;
            let mut version = 1;
            for cut in [Mode::LoseAnswer, Mode::LoseRequest] {
                // An append is a few requests: one of them after the other is lost.
                for passed in 0..5 {
                    let proxy = Proxy::before(pooler.port(), anything);
                    let mut url = database.url();
                    url.set_port(Some(proxy.port())).unwrap();
                    let store = store_at(&url, TIMEOUT);
                    assert_eq!(store.stream_version(stream("thing-1")).await.unwrap().0, version);
                    proxy.after(passed, cut);
                    let appended = store.append(request("thing-1", exactly(version), events(2))).await.unwrap();
                    assert_eq!(appended.outcome, Outcome::Applied, "{mode} {cut:?} {passed}");
                    version += 2;
                    assert_eq!(whole(&database.store()).await.len() as u64, version, "{mode} {cut:?} {passed}");
                }
            }
        }
    }

    pub async fn through_a_pooler_the_transaction_of_another_client_is_never_ended() {
        let database = Arc::new(Database::new().await);
        let pooler = Arc::new(Pooler::before(&database.url(), "transaction", "default_pool_size = 2"));
        put(&database.store(), "thing-1", 1).await;
        let done = Arc::new(AtomicBool::new(false));
        let others: Vec<_> = (0..3)
            .map(|_| {
                let (pooler, database, done) = (Arc::clone(&pooler), Arc::clone(&database), Arc::clone(&done));
                tokio::spawn(async move {
                    let mut client = other_client(&pooler, &database).await;
                    let mut transactions = 0;
                    while !done.load(Ordering::SeqCst) {
                        execute(&mut client, "BEGIN; SELECT pg_sleep(0.02)").await;
                        execute(&mut client, "SELECT 1; COMMIT").await;
                        transactions += 1;
                    }
                    transactions
                })
            })
            .collect();
        let mut version = 1;
        for _ in 0..3 {
            for passed in 0..5 {
                let proxy = Proxy::before(pooler.port(), anything);
                let mut url = database.url();
                url.set_port(Some(proxy.port())).unwrap();
                let store = store_at(&url, TIMEOUT);
                store.head().await.unwrap();
                proxy.after(passed, Mode::LoseAnswer);
                store.append(request("thing-1", exactly(version), events(1))).await.unwrap();
                version += 1;
            }
        }
        done.store(true, Ordering::SeqCst);
        for other in others {
            assert!(other.await.expect("no transaction of another client was ended") > 0);
        }
        assert_eq!(whole(&database.store()).await.len() as u64, version);
    }

    pub async fn through_a_pooler_writers_at_once_lose_and_double_nothing() {
        let database = Database::new().await;
        let pooler = Pooler::before(&database.url(), "transaction", "default_pool_size = 3");
        store_at(&pooler.url(&database.url()), TIMEOUT).init().await.unwrap();
        let mut writing = tokio::task::JoinSet::new();
        for writer in 0..6 {
            let store = store_at(&pooler.url(&database.url()), TIMEOUT);
            writing.spawn(async move {
                for _ in 0..25 {
                    put(&store, &format!("thing-{writer}"), 2).await;
                }
            });
        }
        writing.join_all().await;
        let there = whole(&database.store()).await;
        let ids: HashSet<uuid::Uuid> = there.iter().map(|event| event.event_id).collect();
        assert_eq!((there.len(), ids.len()), (300, 300));
    }

    pub async fn a_pooler_that_refuses_pgoptions_is_named_with_the_variable() {
        let database = Database::new().await;
        put(&database.store(), "thing-1", 1).await;
        for (more, code) in [("", 6), (IGNORE, 0)] {
            let pooler = Pooler::before(&database.url(), "session", more);
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_esctl"));
            command.args(["stream", "read", "thing-1", "-o", "ndjson"]).env("PGOPTIONS", "-c statement_timeout=5s");
            let output = command.env("ESCTL_STORE", pooler.url(&database.url()).as_str()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), said.contains("PGOPTIONS")), (Some(code), code == 6), "{said}");
        }
    }

    pub async fn a_pooler_that_closes_idle_connections_is_asked_for_others() {
        let database = Database::new().await;
        let pooler = Pooler::before(&database.url(), "transaction", "client_idle_timeout = 1");
        let store = store_at(&pooler.url(&database.url()), TIMEOUT);
        for version in 0..2 {
            store.append(request("thing-1", exactly(version), events(1))).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2500)).await;
        }
        assert_eq!(whole(&store).await.len(), 2);
    }
}
