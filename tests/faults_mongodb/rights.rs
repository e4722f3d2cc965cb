//! Users, passwords, and what a user may not do.

use esctl::store::StoreError;
use mongodb::bson::doc;

use crate::common::own_server::Certificate;
use crate::common::own_server::Server;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::kit::counted;
use crate::conformance::kit::put;
use crate::conformance::kit::whole;
use crate::faults_mongodb::helper::all_enabled;
use crate::faults_mongodb::helper::store_at;

#[test]
#[ignore = "needs a server: tests/run"]
fn a_wrong_password_and_missing_rights_are_not_allowed_and_no_secret_is_printed() {
    all_enabled(async {
        let server = Server::mongod(&["--auth"]);
        let admin = mongodb::Client::with_uri_str(server.url.clone()).await.unwrap().database("admin");
        let root = doc! { "createUser": "root", "pwd": "rootsecret", "roles": ["root"] };
        admin.run_command(root).await.unwrap();
        let url = |user: &str, password: &str| {
            format!("mongodb://{user}:{password}@{}/shop?directConnection=true&authSource=admin", server.address())
        };
        let admin = mongodb::Client::with_uri_str(url("root", "rootsecret")).await.unwrap().database("admin");
        for (user, role) in [("reader", "read"), ("writer", "readWrite"), ("stranger", "none")] {
            let roles = if role == "none" { vec![] } else { vec![doc! { "role": role, "db": "shop" }] };
            admin.run_command(doc! { "createUser": user, "pwd": "usersecret", "roles": roles }).await.unwrap();
        }

        let refused = |error: StoreError| {
            assert!(matches!(error, StoreError::NotAllowed { .. }), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        };
        refused(store_at(&url("writer", "wrongsecret"), TIMEOUT).head().await.unwrap_err());
        refused(store_at(&url("writer", "wrongsecret"), TIMEOUT).init().await.unwrap_err());
        refused(store_at(&url("nobody", "usersecret"), TIMEOUT).head().await.unwrap_err());
        refused(store_at(&url("stranger", "usersecret"), TIMEOUT).head().await.unwrap_err());
        refused(store_at(&format!("mongodb://{}/shop", server.address()), TIMEOUT).head().await.unwrap_err());
        refused(store_at(&url("reader", "usersecret"), TIMEOUT).init().await.unwrap_err());

        let writer = store_at(&url("writer", "usersecret"), TIMEOUT);
        put(&writer, "thing-1", 3).await;
        assert_eq!(writer.check().await.unwrap(), Vec::<String>::new());
        let reader = store_at(&url("reader", "usersecret"), TIMEOUT);
        assert_eq!(whole(&reader).await.len(), 3);
        // The server quotes the command that it refuses, and so the events.
        let mut cards = crate::conformance::kit::events(1);
        cards[0].data = esctl::event::JsonObject::parse(r#"{"card": "secret"}"#).unwrap();
        let append = crate::conformance::kit::request("thing-1", esctl::event::ExpectedVersion::Any, cards);
        let error = reader.append(append).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("error 13 of the server (Unauthorized): not authorized on shop"), "{source}");
        assert!(!source.contains("secret") && !source.contains('{'), "{source}");
        refused(error);
        assert_eq!(whole(&reader).await.len(), 3);
        let rows = vec![("thing-1".into(), serde_json::json!({"n": 3}))];
        assert_eq!(counted(&reader).await, (rows.clone(), true));
        assert_eq!(counted(&writer).await, (rows, false));
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn where_tls_is_wanted_there_is_no_way_without_a_trusted_certificate() {
    all_enabled(async {
        let folder = tempfile::tempdir().unwrap();
        let made = Certificate::new();
        let both = folder.path().join("both.pem");
        std::fs::write(&both, [made.key, made.certificate].concat()).unwrap();
        let certificate = both.to_str().unwrap();
        let with_tls = Server::mongod(&["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", certificate]);
        let without = Server::mongod(&[]);
        let wants_tls =
            |server: &Server| store_at(&format!("mongodb://{}/d?tls=true", server.address()), std::time::Duration::from_secs(3));
        assert!(matches!(wants_tls(&with_tls).head().await, Err(StoreError::NotAllowed { .. })));
        assert!(matches!(wants_tls(&with_tls).init().await, Err(StoreError::NotAllowed { .. })));
        // A server without TLS hangs up; there is no fall back to plain text.
        assert!(matches!(wants_tls(&without).init().await, Err(StoreError::Unavailable { .. })));
        assert!(matches!(store_at(&without.url, TIMEOUT).head().await, Err(StoreError::NoStore(_))));
        // With the certificate trusted it works; without TLS this server cannot be spoken to.
        let trusted = format!("mongodb://{}/d?tls=true&tlsCAFile={certificate}", with_tls.address());
        put(&store_at(&trusted, TIMEOUT), "thing-1", 1).await;
        let plain = store_at(&format!("mongodb://{}/d", with_tls.address()), std::time::Duration::from_secs(3));
        assert!(matches!(plain.head().await, Err(StoreError::Unavailable { .. })));
    });
}

/// A server with passwords, the store's URL for a user, and the database as its administrator sees it.
async fn with_users(roles: &[(&str, Vec<mongodb::bson::Bson>)]) -> (Server, impl Fn(&str) -> String, mongodb::Database) {
    let server = Server::mongod(&["--auth"]);
    let admin = mongodb::Client::with_uri_str(server.url.clone()).await.unwrap().database("admin");
    admin.run_command(doc! { "createUser": "root", "pwd": "secret", "roles": ["root"] }).await.unwrap();
    let address = server.address();
    let url = move |user: &str| format!("mongodb://{user}:secret@{address}/shop?directConnection=true&authSource=admin");
    let client = mongodb::Client::with_uri_str(url("root")).await.unwrap();
    let rows = ["find", "insert", "update", "remove", "createIndex", "createCollection", "listCollections", "listIndexes"];
    let resource = doc! { "db": "shop", "collection": "" };
    let privileges = vec![doc! { "resource": resource, "actions": rows.to_vec() }];
    let role = doc! { "createRole": "rows", "privileges": privileges, "roles": mongodb::bson::Array::new() };
    client.database("admin").run_command(role).await.unwrap();
    for (user, roles) in roles {
        let made = doc! { "createUser": *user, "pwd": "secret", "roles": roles.clone() };
        client.database("admin").run_command(made).await.unwrap();
    }
    (server, url, client.database("shop"))
}

fn beside(n: u64) -> esctl::store::RowsCommit {
    esctl::store::RowsCommit {
        model: esctl::store::ReadModel::building("things"),
        logic_version: 1,
        from: esctl::event::Position(0),
        commits: None,
        to: esctl::store::Checkpoint { position: esctl::event::Position(1), event_id: None },
        rows: vec![("a".into(), serde_json::json!({ "n": n }).to_string())],
        failed_events: esctl::store::FailedEventChanges::default(),
        now: esctl::event::Timestamp::from_micros(1).unwrap(),
    }
}

/// Returns the rows that people see in the view, and the answer of the store.
async fn both(store: &esctl::store::Store, database: &mongodb::Database) -> (Option<i64>, Option<i64>) {
    let view = database.collection::<mongodb::bson::Document>("rm_things").find_one(doc! { "_id": "a" }).await.unwrap();
    let shown = view.and_then(|row| row.get_document("row").ok()?.get_i64("n").ok());
    let rows = store.rows(esctl::store::ReadModel::live("things"), vec!["a".into()]).await.unwrap();
    let row = rows[0].as_deref().and_then(|row| serde_json::from_str::<serde_json::Value>(row).ok()?["n"].as_i64());
    (shown, row)
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_swap_shows_people_the_new_rows_or_is_not_done() {
    all_enabled(async {
        let on_shop = |role: &str| vec![mongodb::bson::Bson::from(doc! { "role": role, "db": "shop" })];
        let rows = vec![mongodb::bson::Bson::from(doc! { "role": "rows", "db": "admin" })];
        let users = [("writer", on_shop("readWrite")), ("owner", on_shop("dbOwner")), ("rows", rows)];
        let (_server, url, database) = with_users(&users).await;
        let position = esctl::event::Position(1);
        // With `readWrite` alone the view is made again, with `collMod` it is changed.
        for (n, user) in (1..).zip(["writer", "writer", "owner", "writer"]) {
            let store = store_at(&url(user), TIMEOUT);
            assert!(store.commit_rows(beside(n)).await.unwrap());
            assert!(store.swap_read_model("things", position, vec![]).await.unwrap(), "{user}");
            assert_eq!(both(&store, &database).await, (Some(n as i64), Some(n as i64)), "{user}");
        }
        // A user that can do neither is refused before the swap, with the missing right.
        let store = store_at(&url("rows"), TIMEOUT);
        assert!(store.commit_rows(beside(9)).await.unwrap());
        for refused in [
            store.swap_read_model("things", position, vec![]).await.unwrap_err(),
            store.exchange_read_models("things").await.unwrap_err(),
        ] {
            let StoreError::NotAllowed { message, .. } = &refused else { panic!("{refused:?}") };
            assert!(message.contains("collMod") && message.contains("readWrite"), "{message}");
        }
        assert_eq!(both(&store, &database).await, (Some(4), Some(4)));
    });
}
