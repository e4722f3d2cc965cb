//! A writer that is held open in mid-transaction: others wait for it, and no reader ever finds an event at or below a
//! position it has passed.

crate::faults! {
    what_a_writer_has_not_committed_is_not_seen_and_leaves_no_gap
    what_a_writer_commits_late_is_still_seen_before_what_follows
}

mod cases {
    use std::time::Duration;

    use esctl::event::ExpectedVersion;
    use esctl::event::Hash;
    use esctl::event::NewEvent;
    use esctl::store::ReadQuery;
    use sqlx::PgConnection;

    use crate::conformance::kit::event;
    use crate::conformance::kit::events;
    use crate::conformance::kit::positions;
    use crate::conformance::kit::put;
    use crate::conformance::kit::read;
    use crate::conformance::kit::request;
    use crate::conformance::kit::stream;
    use crate::conformance::kit::whole;
    use crate::faults_postgres::helper::Database;
    use crate::faults_postgres::helper::execute;

    /// Appends an event to `held-1` in a transaction that stays open.
    async fn hold(connection: &mut PgConnection, event: &NewEvent) {
        let Hash(content) = event.content_hash(&stream("held-1"));
        let content: String = content.iter().map(|byte| format!("{byte:02x}")).collect();
        let sql = format!(
            "BEGIN; SET LOCAL search_path = esctl;
             SELECT * FROM append_group(ARRAY['held-1'], ARRAY[-1]::int8[], ARRAY[1], ARRAY[NULL]::int8[], ARRAY[0],
                 ARRAY['{}']::uuid[], ARRAY[1], ARRAY['{}'], ARRAY[1], ARRAY[NULL]::int8[], ARRAY['{}'], ARRAY['{}'],
                 ARRAY['\\x{content}'::bytea], false, NULL, NULL)",
            event.event_id,
            event.event_type,
            event.data.as_str(),
            event.metadata.as_str()
        );
        execute(connection, &sql).await;
    }

    async fn held_then(end: &str) -> Vec<String> {
        let database = Database::new().await;
        let store = database.store();
        put(&store, "thing-1", 2).await;
        let mut holder = database.connect().await;
        hold(&mut holder, &event(7)).await;
        let writer = database.store();
        let waiting = tokio::spawn(async move { writer.append(request("thing-2", ExpectedVersion::Any, events(2))).await });
        for _ in 0..20 {
            assert_eq!(positions(&read(&store, ReadQuery::all()).await), [1, 2]);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!waiting.is_finished(), "the second writer waits for the first");
        execute(&mut holder, end).await;
        waiting.await.unwrap().unwrap();
        whole(&store).await.into_iter().map(|event| event.stream).collect()
    }

    pub async fn what_a_writer_has_not_committed_is_not_seen_and_leaves_no_gap() {
        assert_eq!(held_then("ROLLBACK").await, ["thing-1", "thing-1", "thing-2", "thing-2"]);
    }

    pub async fn what_a_writer_commits_late_is_still_seen_before_what_follows() {
        assert_eq!(held_then("COMMIT").await, ["thing-1", "thing-1", "held-1", "thing-2", "thing-2"]);
    }
}
