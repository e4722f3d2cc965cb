//! Refusals of a MongoDB server. Each test has a server of its own.

use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::cli::servers::all_refused;
use crate::cli::servers::impostor;
use crate::cli::servers::no_server;
use crate::cli::servers::pure_readers;
use crate::cli::servers::refused;
use crate::cli::support::Home;
use crate::cli::support::READERS;
use crate::cli::support::WRITERS;
use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::common::own_server::Certificate;
use crate::common::own_server::Server;

/// Commands that write to an existing store.
const CHANGES: [&str; 4] = [WRITERS[0], WRITERS[1], "resource allocate gold 1", "projection rebuild resources"];

fn home() -> Home {
    Home::new(Backend::Sqlite)
}

/// A store on a server as a user sees it.
fn store(server: &Server, who: &str) -> String {
    format!("mongodb://{who}@{}/shop?directConnection=true&authSource=admin", server.address())
}

/// A server with users: `root`, and one for each role of the store's database.
fn with_users() -> Server {
    let server = Server::mongod(&["--auth"]);
    run(async {
        let admin = mongodb::Client::with_uri_str(&server.url).await.unwrap().database("admin");
        admin.run_command(doc! { "createUser": "root", "pwd": "rootsecret", "roles": ["root"] }).await.unwrap();
        let url = store(&server, "root:rootsecret");
        let admin = mongodb::Client::with_uri_str(url).await.unwrap().database("admin");
        for (user, roles) in [
            ("reader", vec![doc! { "role": "read", "db": "shop" }]),
            ("writer", vec![doc! { "role": "readWrite", "db": "shop" }]),
            ("stranger", vec![]),
        ] {
            admin.run_command(doc! { "createUser": user, "pwd": "rightsecret", "roles": roles }).await.unwrap();
        }
    });
    server
}

fn seed(home: &Home, url: &str) {
    for line in [
        "resource create gold --owner ann --type coins --amount 100 --max 1000",
        "stream append order-1 --type t --data {}",
        "projection run",
    ] {
        home.run(&format!("--store {url} {line}")).ok();
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_refused_login_is_7() {
    let (home, server) = (home(), with_users());
    for who in ["writer:wrongsecret", "nobody:rightsecret"] {
        all_refused(&home, &store(&server, who), 7, &server.address());
    }
    all_refused(&home, &format!("mongodb://{}/shop", server.address()), 7, &server.address());
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_a_user_may_not_do_is_7() {
    let (home, server) = (home(), with_users());
    let [reader, writer, stranger] =
        ["reader:rightsecret", "writer:rightsecret", "stranger:rightsecret"].map(|who| store(&server, who));
    all_refused(&home, &stranger, 7, "permission denied");
    refused(&home, &reader, &READERS, 3, "no event store");
    refused(&home, &reader, &WRITERS, 7, "permission denied");
    seed(&home, &writer);
    all_refused(&home, &stranger, 7, "permission denied");
    for line in pure_readers() {
        let answer = home.run(&format!("--store {reader} {line} -o ndjson")).ok();
        let wanted = home.run(&format!("--store {writer} {line} -o ndjson")).ok().out;
        assert_eq!((answer.out.replace("reader:", "writer:"), answer.err.as_str()), (wanted, ""), "{line}");
    }
    refused(&home, &reader, &CHANGES, 7, "permission denied");
    // A read model that cannot be brought up to date is no reason not to answer.
    for line in ["resource list -o ndjson", "projection query resources --where owner_id=ann -o ndjson"] {
        home.run(&format!("--store {writer} resource allocate gold 1")).ok();
        let answer = home.run(&format!("--store {reader} {line}")).ok();
        assert!(answer.err.contains("cannot be brought up to date"), "{}", answer.err);
        assert_eq!(answer.out, home.run(&format!("--store {writer} {line}")).ok().out);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_certificate_without_a_known_issuer_is_7() {
    let (home, certificate) = (home(), Certificate::new());
    let both = home.file("both.pem", [&certificate.key[..], &certificate.certificate].concat());
    let other = home.file("other.pem", Certificate::new().certificate);
    let server = Server::mongod(&["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", &both]);
    let url = format!("mongodb://{}/shop?tls=true", server.address());
    all_refused(&home, &url, 7, &server.address());
    all_refused(&home, &format!("{url}&tlsCAFile={other}"), 7, &server.address());
    home.run(&format!("--store {url}&tlsCAFile={both} init")).ok();
    let elsewhere = url.replace("127.0.0.1", "localhost");
    refused(&home, &format!("{elsewhere}&tlsCAFile={both}"), &READERS[..1], 7, "localhost");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_is_no_store_of_ours_is_9_and_stays_as_it_was() {
    let (home, server) = (home(), Server::mongod(&[]));
    let url = format!("mongodb://{}/shop?directConnection=true", server.address());
    let shop = || async { mongodb::Client::with_uri_str(&url).await.unwrap().database("shop") };
    let theirs = doc! { "_id": 7 };
    run(async { shop().await.collection("commits").insert_one(theirs.clone()).await.unwrap() });
    all_refused(&home, &url, 9, "another application");
    run(async {
        let shop = shop().await;
        assert_eq!(shop.list_collection_names().await.unwrap(), ["commits"]);
        assert_eq!(shop.collection::<Document>("commits").find_one(doc! {}).await.unwrap(), Some(theirs));
        shop.drop().await.unwrap();
    });
    seed(&home, &url);
    let version = async |version: i64| {
        let meta = shop().await.collection::<Document>("esctl_meta");
        let change = doc! { "$set": { "schema_version": version } };
        let before = meta.find_one_and_update(doc! {}, change).await.unwrap().unwrap();
        before.get_i64("schema_version").unwrap()
    };
    let ours = run(version(99));
    all_refused(&home, &url, 9, "newer esctl");
    run(version(ours));
    home.run(&format!("--store {url} verify")).ok();
}

#[test]
fn a_server_that_is_too_old_is_9() {
    // MongoDB 5.0.
    let port = impostor::mongodb(13, Document::new, Document::new);
    let url = format!("mongodb://127.0.0.1:{port}/d?directConnection=true");
    all_refused(&home(), &url, 9, "older than MongoDB 6.0");
}

#[test]
fn a_server_that_only_speaks_the_protocol_is_9_unless_it_is_accepted() {
    let ferret: fn() -> Document = || doc! { "ok": 1, "version": "7.0.77", "gitVersion": "0", "ferretdbVersion": "v1.24.0" };
    let internal: fn() -> Document = || doc! { "internal": { "documentdb_versions": ["0.109-0", "0.109.0"] } };
    let poor: fn() -> Document = || doc! { "ok": 1, "version": "5.0.0", "bits": 64 };
    for (more, build, name) in [
        (Document::new as fn() -> Document, ferret, "FerretDB"),
        (internal, poor, "DocumentDB"),
        (|| doc! { "hosts": ["x.eu-west-1.docdb.amazonaws.com:27017"] }, poor, "Amazon DocumentDB"),
        (Document::new, || doc! { "ok": 1, "_t": "BuildInfoResponse", "version": "7.0.0" }, "Azure Cosmos DB"),
        (Document::new, poor, "only speaks its protocol"),
    ] {
        let (home, port) = (home(), impostor::mongodb(21, more, build));
        let url = format!("mongodb://127.0.0.1:{port}/d?directConnection=true");
        all_refused(&home, &url, 9, name);
        let answer = home.run(&format!("--timeout 10s --store {url} stats -o json")).fails(9, "server_not_supported");
        assert!(answer.err.contains("esctl selftest --accept-server"), "{}", answer.err);
        let answer = home.run(&format!("--accept-server --timeout 10s --store {url} stats"));
        assert!(!answer.err.contains("not on MongoDB"), "{}", answer.err);
    }
}

#[test]
fn a_silent_address_is_6() {
    no_server(&home(), |place| format!("mongodb://ann:rightsecret@{place}/d"));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_takes_too_long_is_6_or_of_unknown_outcome() {
    let (home, server) = (home(), Server::mongod(&[]));
    let url = format!("mongodb://{}/shop?directConnection=true", server.address());
    seed(&home, &url);
    server.signal("STOP");
    for line in [READERS[0], READERS[6], WRITERS[1], "resource allocate gold 1"] {
        home.run(&format!("--timeout 500ms --store {url} {line}")).fails(6, &server.address());
    }
    server.signal("CONT");
    home.run(&format!("--store {url} stats")).ok();
}
