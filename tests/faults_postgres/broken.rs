//! Connections that break: what was written is found out, nothing is lost, nothing is done twice.

crate::faults! {
    an_append_whose_answer_is_lost_is_asked_for_and_answered
    an_append_that_was_applied_before_is_said_to_be_also_when_its_answer_is_lost
    an_append_that_is_lost_on_its_way_is_made_on_another_connection
    a_group_whose_answer_is_lost_keeps_the_outcome_of_each_append
    appends_of_a_program_that_is_alone_are_found_out_about_in_the_same_way
    a_program_that_is_alone_goes_on_in_another_runtime
    nothing_is_asked_of_the_runtime_of_a_caller_who_says_nothing_of_it
    an_append_that_cannot_be_asked_for_is_of_unknown_outcome
    connections_that_broke_while_idle_are_replaced
    server_processes_ended_in_mid_append_lose_and_double_nothing
    an_append_that_waits_for_a_lock_too_long_is_not_made
}

mod cases {
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use esctl::event::ExpectedVersion;
    use esctl::store::Outcome;
    use esctl::store::Store;
    use esctl::store::StoreError;

    use crate::assert_fails;
    use crate::common::proxy::Mode;
    use crate::common::proxy::Proxy;
    use crate::common::proxy::anything;
    use crate::conformance::kit::TIMEOUT;
    use crate::conformance::kit::event;
    use crate::conformance::kit::events;
    use crate::conformance::kit::exactly;
    use crate::conformance::kit::put;
    use crate::conformance::kit::request;
    use crate::conformance::kit::whole;
    use crate::faults_postgres::helper::Database;
    use crate::faults_postgres::helper::execute;
    use crate::faults_postgres::helper::store_at;

    /// A store behind a proxy, with a connection that has appended already.
    async fn behind_a_proxy(database: &Database, timeout: Duration) -> (Proxy, Store) {
        let proxy = Proxy::before(database.port(), anything);
        let mut url = database.url();
        url.set_port(Some(proxy.port())).unwrap();
        let store = store_at(&url, timeout);
        put(&store, "thing-1", 1).await;
        (proxy, store)
    }

    pub async fn an_append_whose_answer_is_lost_is_asked_for_and_answered() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, TIMEOUT).await;
        proxy.set(Mode::LoseAnswer);
        let appended = store.append(request("thing-1", exactly(1), events(3))).await.unwrap();
        assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
        assert_eq!(appended.outcome, Outcome::Applied);
        let there = whole(&database.store()).await;
        assert_eq!(there.len(), 4);
        assert_eq!(there[3].hash, appended.events[2].hash);
        put(&store, "thing-1", 1).await;
    }

    pub async fn an_append_that_was_applied_before_is_said_to_be_also_when_its_answer_is_lost() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, TIMEOUT).await;
        let batch = request("thing-1", exactly(1), events(3));
        let first = store.append(batch.clone()).await.unwrap();
        proxy.set(Mode::LoseAnswer);
        let again = store.append(batch).await.unwrap();
        assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
        assert_eq!((again.outcome, again.events), (Outcome::AlreadyApplied, first.events));
    }

    pub async fn an_append_that_is_lost_on_its_way_is_made_on_another_connection() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, TIMEOUT).await;
        proxy.set(Mode::LoseRequest);
        let appended = store.append(request("thing-1", exactly(1), events(3))).await.unwrap();
        assert_eq!(proxy.mode(), Mode::Pass, "a request was lost");
        assert_eq!(appended.outcome, Outcome::Applied);
        assert_eq!(whole(&database.store()).await.len(), 4);
    }

    pub async fn a_group_whose_answer_is_lost_keeps_the_outcome_of_each_append() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, TIMEOUT).await;
        let group = vec![
            request("thing-1", exactly(1), events(1)),
            request("thing-1", exactly(1), events(1)),
            request("thing-2", ExpectedVersion::NoStream, events(2)),
        ];
        proxy.set(Mode::LoseAnswer);
        let outcomes = store.append_together(group).await.unwrap();
        assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
        assert_eq!(outcomes[0].as_ref().unwrap().outcome, Outcome::Applied);
        assert_fails!(&outcomes[1], StoreError::Conflict { .. });
        assert_eq!(outcomes[2].as_ref().unwrap().outcome, Outcome::Applied);
        assert_eq!(whole(&database.store()).await.len(), 4);
    }

    /// One event after the other, from this version up to that one.
    async fn alone(store: &Store, versions: std::ops::Range<u64>) {
        for version in versions {
            let appended = store.append(request("thing-1", exactly(version), events(1))).await.unwrap();
            assert_eq!(appended.outcome, Outcome::Applied);
        }
    }

    pub async fn appends_of_a_program_that_is_alone_are_found_out_about_in_the_same_way() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, TIMEOUT).await;
        alone(&store, 1..25).await;
        proxy.set(Mode::LoseAnswer);
        alone(&store, 25..26).await;
        assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
        alone(&store, 26..50).await;
        proxy.set(Mode::LoseRequest);
        alone(&store, 50..75).await;
        assert_eq!(proxy.mode(), Mode::Pass, "a request was lost");
        assert_eq!(whole(&database.store()).await.len(), 75);
    }

    pub async fn a_program_that_is_alone_goes_on_in_another_runtime() {
        let database = Database::new().await;
        let store = database.store();
        for round in 0..3 {
            let store = store.clone();
            // The runtime ends with the thread, and a connection with it.
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(alone(&store, round * 30..round * 30 + 30));
            });
            thread.join().unwrap();
        }
        assert_eq!(whole(&store).await.len(), 90);
    }

    pub async fn nothing_is_asked_of_the_runtime_of_a_caller_who_says_nothing_of_it() {
        let database = Database::new().await;
        let store = esctl::store::open(&database.url().as_str().parse().unwrap(), TIMEOUT).unwrap();
        let thread = std::thread::spawn({
            let store = store.clone();
            move || tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(alone(&store, 0..40))
        });
        thread.join().unwrap();
        assert_eq!(whole(&store).await.len(), 40);
    }

    pub async fn an_append_that_cannot_be_asked_for_is_of_unknown_outcome() {
        let database = Database::new().await;
        let (proxy, store) = behind_a_proxy(&database, Duration::from_secs(2)).await;
        proxy.set(Mode::LoseAnswerAndGo);
        let batch = request("thing-1", exactly(1), events(3));
        assert_fails!(store.append(batch.clone()).await, StoreError::OutcomeUnknown { .. });
        assert_fails!(store.append(request("thing-2", ExpectedVersion::Any, events(1))).await, StoreError::Unavailable { .. });
        proxy.set(Mode::Pass);
        let again = store.append(batch).await.unwrap();
        assert_eq!(again.outcome, Outcome::AlreadyApplied, "the same again is safe");
        assert_eq!(whole(&store).await.len(), 4);
    }

    pub async fn connections_that_broke_while_idle_are_replaced() {
        let database = Database::new().await;
        let store = database.store();
        let mut connection = database.connect().await;
        let end_all = format!(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'esctl'",
            database.name()
        );
        put(&store, "thing-1", 1).await;
        execute(&mut connection, &end_all).await;
        assert_eq!(whole(&store).await.len(), 1);
        execute(&mut connection, &end_all).await;
        put(&store, "thing-1", 1).await;
        execute(&mut connection, &end_all).await;
        assert_eq!(whole(&store).await.len(), 2);
    }

    pub async fn server_processes_ended_in_mid_append_lose_and_double_nothing() {
        let database = Arc::new(Database::new().await);
        put(&database.store(), "thing-0", 1).await;
        let done = Arc::new(AtomicBool::new(false));
        let (killer, killing) = (Arc::clone(&database), Arc::clone(&done));
        let killer = tokio::spawn(async move {
            let mut connection = killer.connect().await;
            let end_one = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = '{}' AND application_name = 'esctl' ORDER BY random() LIMIT 1",
                killer.name()
            );
            while !killing.load(Ordering::SeqCst) {
                execute(&mut connection, &end_one).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut writing = tokio::task::JoinSet::new();
        for writer in 0..4 {
            let store = database.store();
            writing.spawn(async move {
                let mut acknowledged = Vec::new();
                for number in 0..100 {
                    let one = event(number);
                    let id = one.event_id;
                    match store.append(request(&format!("thing-{writer}"), ExpectedVersion::Any, vec![one])).await {
                        Ok(_) => acknowledged.push(id),
                        Err(StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
                acknowledged
            });
        }
        let acknowledged: Vec<uuid::Uuid> = writing.join_all().await.into_iter().flatten().collect();
        done.store(true, Ordering::SeqCst);
        killer.await.unwrap();
        let there = whole(&database.store()).await;
        let ids: HashSet<uuid::Uuid> = there.iter().map(|event| event.event_id).collect();
        assert_eq!(ids.len(), there.len(), "none is there twice");
        assert!(acknowledged.iter().all(|id| ids.contains(id)), "none is lost");
        assert!(acknowledged.len() > 100, "{} of 400 were appended", acknowledged.len());
    }

    pub async fn an_append_that_waits_for_a_lock_too_long_is_not_made() {
        let database = Database::new().await;
        put(&database.store(), "thing-1", 1).await;
        let mut holder = database.connect().await;
        execute(&mut holder, "BEGIN; SELECT pg_advisory_xact_lock(1702060916, 'esctl'::regnamespace::oid::int4)").await;
        let hasty = store_at(&database.url(), Duration::from_secs(2));
        let error = hasty.append(request("thing-1", exactly(1), events(1))).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.to_string().contains("lock"), "{error}");
        execute(&mut holder, "COMMIT").await;
        hasty.append(request("thing-1", exactly(1), events(1))).await.unwrap();
    }
}
