//! Users that the server refuses, each with an error of its own kind and without the password.

crate::faults! {
    a_wrong_password_is_not_allowed_and_not_shown
    a_database_that_is_not_there_is_not_found
    a_server_that_is_down_is_unavailable
    a_server_that_does_not_answer_is_unavailable_within_the_timeout
    foreign_tables_are_left_unchanged
    a_store_of_a_newer_program_is_refused
    an_empty_schema_made_by_an_administrator_is_used
    a_user_who_may_only_read_reads_and_is_not_allowed_to_write
    a_user_without_rights_on_the_schema_is_not_allowed
    a_database_that_takes_no_writes_is_read
    a_database_that_does_not_hold_every_text_takes_no_store
    a_store_that_is_in_such_a_database_is_refused_with_the_reason
    tls_that_is_wanted_and_not_there_is_not_allowed
}

mod cases {
    use std::net::TcpListener;
    use std::time::Duration;
    use std::time::Instant;

    use esctl::store::Init;
    use esctl::store::ServerProblem;
    use esctl::store::Store;
    use esctl::store::StoreError;
    use serde_json::json;

    use crate::assert_fails;
    use crate::conformance::kit::TIMEOUT;
    use crate::conformance::kit::counted;
    use crate::conformance::kit::event;
    use crate::conformance::kit::put;
    use crate::conformance::kit::request;
    use crate::conformance::kit::whole;
    use crate::faults_postgres::helper::Database;
    use crate::faults_postgres::helper::execute;
    use crate::faults_postgres::helper::store_at;

    async fn appending(store: &Store) -> Result<esctl::store::Appended, StoreError> {
        store.append(request("thing-1", esctl::event::ExpectedVersion::Any, vec![event(1)])).await
    }

    pub async fn a_wrong_password_is_not_allowed_and_not_shown() {
        let database = Database::new().await;
        let mut url = database.url();
        url.set_password(Some("not-this-one")).unwrap();
        let store = store_at(&url, TIMEOUT);
        for error in [store.head().await.unwrap_err(), appending(&store).await.unwrap_err()] {
            assert!(matches!(error, StoreError::NotAllowed { .. }), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("not-this-one"));
        }
    }

    pub async fn a_database_that_is_not_there_is_not_found() {
        let mut url = Database::new().await.url();
        url.set_path("no_such_database");
        assert_fails!(store_at(&url, TIMEOUT).head().await, StoreError::NotFound(_));
    }

    pub async fn a_server_that_is_down_is_unavailable() {
        let mut url = Database::new().await.url();
        let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        url.set_port(Some(unused)).unwrap();
        let store = store_at(&url, TIMEOUT);
        assert_fails!(store.head().await, StoreError::Unavailable { .. });
        assert_fails!(appending(&store).await, StoreError::Unavailable { .. });
    }

    pub async fn a_server_that_does_not_answer_is_unavailable_within_the_timeout() {
        let mut url = Database::new().await.url();
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        url.set_port(Some(silent.local_addr().unwrap().port())).unwrap();
        let store = store_at(&url, Duration::from_millis(300));
        let start = Instant::now();
        assert_fails!(appending(&store).await, StoreError::Unavailable { .. });
        // Far below what a machine under load needs by itself; a wait for ever is what is looked for.
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    pub async fn foreign_tables_are_left_unchanged() {
        let database = Database::new().await;
        let mut connection = database.connect().await;
        execute(&mut connection, "CREATE SCHEMA esctl; CREATE TABLE esctl.events (theirs int)").await;
        let store = database.store();
        assert_fails!(store.head().await, StoreError::OtherApplication { .. });
        assert_fails!(appending(&store).await, StoreError::OtherApplication { .. });
        assert_fails!(store.init().await, StoreError::OtherApplication { .. });
        execute(&mut connection, "CREATE TABLE esctl.esctl_meta (theirs int)").await;
        assert_fails!(appending(&store).await, StoreError::Unsupported(_));
    }

    pub async fn a_store_of_a_newer_program_is_refused() {
        let database = Database::new().await;
        put(&database.store(), "thing-1", 1).await;
        execute(&mut database.connect().await, "UPDATE esctl.esctl_meta SET schema_version = 99").await;
        assert_fails!(database.store().head().await, StoreError::Unsupported(_));
        assert_fails!(appending(&database.store()).await, StoreError::Unsupported(_));
    }

    pub async fn an_empty_schema_made_by_an_administrator_is_used() {
        let database = Database::new().await;
        execute(&mut database.connect().await, "CREATE SCHEMA esctl").await;
        let store = database.store();
        assert_fails!(store.head().await, StoreError::NoStore(_));
        put(&store, "thing-1", 2).await;
        assert_eq!(whole(&store).await.len(), 2);
    }

    /// The store as a role of the test's own sees it.
    async fn as_role(database: &Database, grants: &str) -> Store {
        let role = database.name();
        let mut connection = database.connect().await;
        execute(&mut connection, &format!("CREATE ROLE {role} LOGIN PASSWORD 'r'")).await;
        execute(&mut connection, &grants.replace("ROLE", role)).await;
        let mut url = database.url();
        url.set_username(role).unwrap();
        url.set_password(Some("r")).unwrap();
        store_at(&url, TIMEOUT)
    }

    pub async fn a_user_who_may_only_read_reads_and_is_not_allowed_to_write() {
        let database = Database::new().await;
        put(&database.store(), "thing-1", 3).await;
        let grants = "GRANT USAGE ON SCHEMA esctl TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA esctl TO ROLE";
        let store = as_role(&database, grants).await;
        assert_eq!(whole(&store).await.len(), 3);
        assert!(store.size_bytes().await.unwrap() > 0);
        assert_fails!(appending(&store).await, StoreError::NotAllowed { .. });
        assert_eq!(store.init().await.unwrap(), Init::Found);
        assert_eq!(whole(&store).await.len(), 3);
        assert_eq!(counted(&store).await, (vec![("thing-1".into(), json!({"n": 3}))], true));
    }

    pub async fn a_user_without_rights_on_the_schema_is_not_allowed() {
        let database = Database::new().await;
        let store = as_role(&database, "").await;
        assert_fails!(store.head().await, StoreError::NoStore(_));
        assert_fails!(appending(&store).await, StoreError::NotAllowed { .. });
        put(&database.store(), "thing-1", 3).await;
        assert_fails!(store.head().await, StoreError::NotAllowed { .. });
        assert_fails!(appending(&store).await, StoreError::NotAllowed { .. });
    }

    pub async fn a_database_that_takes_no_writes_is_read() {
        let database = Database::new().await;
        put(&database.store(), "thing-1", 3).await;
        let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name());
        execute(&mut database.connect().await, &sql).await;
        let store = database.store();
        assert_eq!(whole(&store).await.len(), 3);
        assert_fails!(appending(&store).await, StoreError::NotAllowed { .. });
        assert_eq!(whole(&store).await.len(), 3);
        assert_eq!(counted(&store).await, (vec![("thing-1".into(), json!({"n": 3}))], true));
    }

    /// A database of its own in an encoding that does not hold every text.
    async fn encoded(encoding: &str) -> Database {
        Database::with(&format!("ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")).await
    }

    pub async fn a_database_that_does_not_hold_every_text_takes_no_store() {
        for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
            let database = encoded(encoding).await;
            let store = database.store();
            for error in [appending(&store).await.unwrap_err(), store.init().await.unwrap_err()] {
                assert!(matches!(error, StoreError::Unsuitable { problem: ServerProblem::Encoding, .. }), "{error:?}");
                assert!(error.to_string().contains(encoding), "{error}");
            }
            assert_fails!(store.head().await, StoreError::NoStore(_));
        }
    }

    pub async fn a_store_that_is_in_such_a_database_is_refused_with_the_reason() {
        let database = encoded("LATIN1").await;
        let old = "CREATE SCHEMA esctl; CREATE TABLE esctl.esctl_meta AS SELECT 1::int2 AS one, 2::int4 AS schema_version";
        execute(&mut database.connect().await, old).await;
        for error in [database.store().head().await.unwrap_err(), appending(&database.store()).await.unwrap_err()] {
            assert!(matches!(error, StoreError::Unsuitable { problem: ServerProblem::Encoding, .. }), "{error:?}");
        }
    }

    pub async fn tls_that_is_wanted_and_not_there_is_not_allowed() {
        let mut url = Database::new().await.url();
        url.set_query(Some("sslmode=verify-full"));
        assert_fails!(store_at(&url, TIMEOUT).head().await, StoreError::NotAllowed { .. });
    }
}
