//! Databases of other programs are only read: by a role with SELECT alone, and without a change.

use mongodb::bson::Document;
use mongodb::bson::doc;
use url::Url;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::common::own_server::Server;
use crate::common::pooler::IGNORE;
use crate::common::pooler::Pooler;
use crate::layout::stores::Foreign;
use crate::layout::stores::fixture;

#[test]
#[ignore = "needs a server: tests/run"]
fn a_role_that_may_only_select_is_enough_and_nothing_is_written() {
    let server = Server::postgres();
    let esctl = Esctl::new(Backend::Sqlite);
    server.sql(&fixture("message-db.sql"));
    server.sql("CREATE ROLE ann LOGIN PASSWORD 'rightsecret'; GRANT SELECT ON messages TO ann");
    server.sql("ALTER SYSTEM SET log_statement = 'all'; SELECT pg_reload_conf()");
    let before = server.query("SELECT pg_current_wal_insert_lsn()::text");
    let url = format!("postgres://ann:rightsecret@{}/postgres", server.address());
    for args in [
        &["layout", "detect"][..],
        &["layout", "guess"],
        &["layout", "guess", "public.messages"],
        &["layout", "check", "message-db"],
        &["--layout", "auto", "stream", "list"],
        &["--layout", "message-db", "stream", "read", "--all"],
        &["--layout", "message-db", "replay", "wallet-1"],
        &["--layout", "message-db", "stream", "tail", "--all", "--after", "0", "--until", "2026-01-01T00:00:00Z"],
        &["--layout", "message-db", "trace", "7f9619ff-8b86-d011-b42d-00c04fc96401", "-q"],
    ] {
        let output = esctl.run_on(&url, args);
        if args.contains(&"trace") {
            assert_eq!(output.code, 3, "{output:?}");
            continue;
        }
        assert_eq!(output.code, 0, "{args:?} {output:?}");
        assert!(!output.stdout.contains("may not read"), "{output:?}");
    }
    let output = esctl.run_on(&url, &["stream", "list"]);
    assert!(output.code == 3 && output.stderr.contains("--layout message-db"), "{output:?}");
    // A number of a transaction is taken by a write alone.
    let after = server.query("SELECT pg_current_wal_insert_lsn()::text");
    let written = format!("SELECT (pg_wal_lsn_diff('{after}', '{before}') < 1000)::text");
    assert_eq!(server.query(&written), "true", "{before} {after}");
    assert_eq!(server.query("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'esctl'"), "0");
    // Without the right to read the table, the layout still fits, and the obstacle is named.
    server.sql("REVOKE SELECT ON messages FROM ann");
    let output = esctl.run_on(&url, &["layout", "detect"]);
    assert!(output.code == 0 && output.stdout.contains("this user may not read messages"), "{output:?}");
    let output = esctl.run_on(&url, &["layout", "guess"]);
    assert_eq!(output.code, 7, "{output:?}");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_database_is_read_through_a_pooler() {
    let foreign = Foreign::postgres(&fixture("message-db.sql"));
    let url: Url = foreign.url.parse().unwrap();
    for (mode, more) in [("session", ""), ("session", IGNORE), ("transaction", ""), ("transaction", IGNORE)] {
        let pooler = Pooler::before(&url, mode, more);
        let through = pooler.url(&url);
        for args in [
            &["layout", "detect"][..],
            &["layout", "check", "message-db"],
            &["layout", "guess"],
            &["--layout", "message-db", "stream", "list"],
            &["--layout", "message-db", "stream", "read", "wallet-1"],
            &["--layout", "message-db", "stream", "tail", "wallet-1", "--until", "2026-01-01T00:00:00Z"],
        ] {
            let output = foreign.esctl.run_on(through.as_str(), args);
            assert_eq!(output.code, 0, "{mode} {more} {args:?}: {output:?}");
        }
    }
}

#[test]
fn a_file_that_may_not_be_written_is_read_and_not_changed() {
    let foreign = Foreign::sqlite(&format!("PRAGMA journal_mode = wal; {}", fixture("sqlite-es.sql")));
    let path = foreign.url.strip_prefix("sqlite:").unwrap();
    let before = std::fs::read(path).unwrap();
    for args in [&["layout", "detect"][..], &["layout", "guess"], &["--layout", "sqlite-es", "stream", "list", "-q"]] {
        let (code, _, err) = foreign.run(args);
        assert_eq!((code, err.as_str()), (0, ""));
    }
    assert_eq!(std::fs::read(path).unwrap(), before);
}

#[test]
fn a_database_that_another_process_is_writing_is_read() {
    let foreign = Foreign::sqlite(&fixture("sqlite-es.sql"));
    let writer = rusqlite::Connection::open(foreign.url.strip_prefix("sqlite:").unwrap()).unwrap();
    writer.execute_batch("PRAGMA journal_mode = wal; BEGIN IMMEDIATE").unwrap();
    for args in [&["layout", "detect"][..], &["--layout", "sqlite-es", "stats"]] {
        let (code, _, err) = foreign.run(args);
        assert_eq!((code, err.as_str()), (0, ""));
    }
    writer.execute_batch("COMMIT").unwrap();
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_role_for_one_collection_of_mongodb_is_enough_and_the_others_are_named() {
    let esctl = Esctl::new(Backend::Sqlite);
    let server = Server::mongod(&["--auth"]);
    let url =
        |user: &str| format!("mongodb://{user}:rightsecret@{}/shop?directConnection=true&authSource=admin", server.address());
    let (root, plain) = (url("root"), server.url.clone());
    run(async move {
        let admin = mongodb::Client::with_uri_str(&plain).await.unwrap().database("admin");
        admin.run_command(doc! { "createUser": "root", "pwd": "rightsecret", "roles": ["root"] }).await.unwrap();
        let client = mongodb::Client::with_uri_str(&root).await.unwrap();
        let (admin, shop) = (client.database("admin"), client.database("shop"));
        for (name, more) in [
            ("one", vec![]),
            ("lister", vec![doc! { "resource": { "db": "shop", "collection": "" }, "actions": ["listCollections"] }]),
        ] {
            let events = doc! { "resource": { "db": "shop", "collection": "wallet_events" }, "actions": ["find", "listIndexes"] };
            let privileges: Vec<Document> = std::iter::once(events).chain(more).collect();
            admin.run_command(doc! { "createRole": name, "privileges": privileges, "roles": [] }).await.unwrap();
            let user = doc! { "createUser": name, "pwd": "rightsecret", "roles": [{ "role": name, "db": "admin" }] };
            admin.run_command(user).await.unwrap();
        }
        let event = doc! { "walletId": "w1", "version": 1, "eventType": "opened", "payload": {}, "createdAt": mongodb::bson::DateTime::now() };
        shop.collection::<Document>("wallet_events").insert_one(event).await.unwrap();
        let index = doc! { "key": { "walletId": 1, "version": 1 }, "name": "unique", "unique": true };
        shop.run_command(doc! { "createIndexes": "wallet_events", "indexes": [index] }).await.unwrap();
        shop.collection::<Document>("secrets").insert_one(doc! { "a": 1 }).await.unwrap();
    });
    for user in ["one", "lister"] {
        let output = esctl.run_on(&url(user), &["layout", "guess"]);
        assert!(output.code == 0 && output.stdout.contains("from     = \"wallet_events\""), "{user}: {output:?}");
        let output = esctl.run_on(&url(user), &["layout", "detect"]);
        assert_eq!((output.code, output.stderr.contains("may not read secrets")), (3, user == "lister"), "{output:?}");
    }
    let output = esctl.run_on(&url("lister"), &["layout", "guess", "secrets"]);
    assert!(output.code == 3 && output.stderr.contains("this user may not read collection secrets"), "{output:?}");
    let output = esctl.run_on(&url("lister"), &["layout", "check", "eventsync"]);
    assert!(output.code == 3 && output.stderr.contains("; this user may not read secrets"), "{output:?}");
}
