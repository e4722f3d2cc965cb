//! Refusals of a PostgreSQL server. Each test has a server of its own.

use std::path::Path;

use crate::cli::servers::all_refused;
use crate::cli::servers::impostor;
use crate::cli::servers::no_server;
use crate::cli::servers::pure_readers;
use crate::cli::servers::refused;
use crate::cli::support::Home;
use crate::cli::support::READERS;
use crate::cli::support::WRITERS;
use crate::common::backend::Backend;
use crate::common::own_server::Certificate;
use crate::common::own_server::Server;

/// Commands that write to an existing store.
const CHANGES: [&str; 4] = [WRITERS[0], WRITERS[1], "resource allocate gold 1", "projection rebuild resources"];

fn home() -> Home {
    Home::new(Backend::Sqlite)
}

/// A store on a server as a user sees it.
fn store(server: &Server, who: &str) -> String {
    format!("postgres://{who}@{}/postgres", server.address())
}

/// Puts into the store of an administrator what the commands look at.
fn seed(home: &Home, server: &Server) {
    for line in [
        "resource create gold --owner ann --type coins --amount 100 --max 1000",
        "stream append order-1 --type t --data {}",
        "projection run",
    ] {
        home.run(&format!("--store {} {line}", store(server, "postgres"))).ok();
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_refused_login_is_7() {
    let (home, server) = (home(), Server::postgres());
    server.sql("CREATE ROLE ann LOGIN PASSWORD 'rightsecret'");
    for who in ["ann:wrongsecret", "nobody:rightsecret", "ann"] {
        all_refused(&home, &store(&server, who), 7, &server.address());
    }
    let other = store(&server, "ann:rightsecret").replace("/postgres", "/no_such_database");
    all_refused(&home, &other, 3, "no_such_database");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_a_user_may_not_do_is_7() {
    let (home, server) = (home(), Server::postgres());
    server.sql("CREATE ROLE ann LOGIN PASSWORD 'rightsecret'");
    let (ann, admin) = (store(&server, "ann:rightsecret"), store(&server, "postgres"));
    refused(&home, &ann, &READERS, 3, "no event store");
    refused(&home, &ann, &WRITERS, 7, "permission denied");
    seed(&home, &server);
    all_refused(&home, &ann, 7, "permission denied");
    server.sql("GRANT USAGE ON SCHEMA esctl TO ann; GRANT SELECT ON ALL TABLES IN SCHEMA esctl TO ann");
    for line in pure_readers() {
        let answer = home.run(&format!("--store {ann} {line} -o ndjson")).ok();
        let wanted = home.run(&format!("--store {admin} {line} -o ndjson")).ok().out;
        assert_eq!((answer.out, answer.err.as_str()), (wanted, ""), "{line}");
    }
    refused(&home, &ann, &CHANGES, 7, "permission denied");
    // A read model that cannot be brought up to date is no reason not to answer.
    for line in ["resource list -o ndjson", "projection query resources --where owner_id=ann -o ndjson"] {
        home.run(&format!("--store {admin} resource allocate gold 1")).ok();
        let answer = home.run(&format!("--store {ann} {line}")).ok();
        assert!(answer.err.contains("cannot be brought up to date"), "{}", answer.err);
        assert_eq!(answer.out, home.run(&format!("--store {admin} {line}")).ok().out);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_takes_no_writes_is_read() {
    let (home, server) = (home(), Server::postgres());
    seed(&home, &server);
    server.sql("ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()");
    let admin = store(&server, "postgres");
    for line in pure_readers() {
        home.run(&format!("--store {admin} {line}")).ok();
    }
    refused(&home, &admin, &CHANGES, 7, "the server accepts no writes");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_certificate_without_a_known_issuer_is_7() {
    let (home, server) = (home(), Server::postgres());
    server.sql("CREATE ROLE ann LOGIN SUPERUSER PASSWORD 'rightsecret'");
    let url = store(&server, "ann:rightsecret");
    // There is no TLS yet, and no way without.
    for mode in ["require", "verify-ca", "verify-full"] {
        all_refused(&home, &format!("{url}?sslmode={mode}"), 7, "TLS");
    }
    let certificate = Certificate::new();
    server.tls(&certificate);
    let trusted = home.file("trusted.pem", &certificate.certificate);
    let other = home.file("other.pem", Certificate::new().certificate);
    for mode in ["verify-ca", "verify-full"] {
        all_refused(&home, &format!("{url}?sslmode={mode}"), 7, &server.address());
        all_refused(&home, &format!("{url}?sslmode={mode}&sslrootcert={other}"), 7, &server.address());
        home.run(&format!("--store {url}?sslmode={mode}&sslrootcert={trusted} init")).ok();
    }
    assert!(Path::new(&trusted).exists());
    let elsewhere = url.replace("127.0.0.1", "localhost");
    refused(&home, &format!("{elsewhere}?sslmode=verify-full&sslrootcert={trusted}"), &READERS[..1], 7, "localhost");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_is_no_store_of_ours_is_9_and_stays_as_it_was() {
    let (home, server) = (home(), Server::postgres());
    let url = store(&server, "postgres:anysecret");
    server.sql("CREATE SCHEMA esctl; CREATE TABLE esctl.events (theirs int); INSERT INTO esctl.events VALUES (7)");
    all_refused(&home, &url, 9, "another application");
    assert_eq!(server.query("SELECT theirs::text FROM esctl.events"), "7");
    assert_eq!(server.query("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'esctl'::regnamespace"), "1");
    server.sql("DROP SCHEMA esctl CASCADE");
    seed(&home, &server);
    let ours = server.query("SELECT schema_version::text FROM esctl.esctl_meta");
    server.sql("UPDATE esctl.esctl_meta SET schema_version = 99");
    all_refused(&home, &url, 9, "newer esctl");
    server.sql(&format!("UPDATE esctl.esctl_meta SET schema_version = {ours}"));
    home.run(&format!("--store {url} verify")).ok();
}

#[test]
fn a_server_that_is_too_old_is_9() {
    let port = impostor::postgres(Some("140011"), "PostgreSQL 14.11 on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit");
    all_refused(&home(), &format!("postgres://ann:rightsecret@127.0.0.1:{port}/d"), 9, "PostgreSQL 14; esctl needs 15 or later");
}

#[test]
fn a_server_that_only_speaks_the_protocol_is_9_unless_it_is_accepted() {
    for (number, version, name) in [
        (None, "CockroachDB CCL v25.2.2 (x86_64-pc-linux-gnu, built 2025/06/23 13:41:20, go1.23.7)", "CockroachDB"),
        (Some("130000"), "CockroachDB CCL v25.2.2 (x86_64-pc-linux-gnu, built 2025/06/23 13:41:20, go1.23.7)", "CockroachDB"),
        (
            Some("150012"),
            "PostgreSQL 15.12-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 19.1.0, 64-bit",
            "YugabyteDB",
        ),
        (
            None,
            "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.12103",
            "Amazon Redshift",
        ),
        (None, "FancyDB 3", "only speaks its protocol"),
    ] {
        let (home, port) = (home(), impostor::postgres(number, version));
        let url = format!("postgres://ann:rightsecret@127.0.0.1:{port}/d");
        all_refused(&home, &url, 9, name);
        let answer = home.run(&format!("--timeout 10s --store {url} stats -o json")).fails(9, "server_not_supported");
        assert!(answer.err.contains("esctl selftest --accept-server"), "{}", answer.err);
        let answer = home.run(&format!("--accept-server --timeout 10s --store {url} stats"));
        assert!(!answer.err.contains("not on PostgreSQL"), "{}", answer.err);
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_database_that_does_not_hold_every_text_is_9_and_the_remedy_is_named() {
    let (home, server) = (home(), Server::postgres());
    server.sql("CREATE DATABASE old ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let url = format!("postgres://postgres@{}/old", server.address());
    for line in WRITERS {
        let answer = home.run(&format!("--store {url} {line}")).fails(9, "LATIN1");
        assert!(answer.err.contains("ENCODING 'UTF8' TEMPLATE template0"), "{}", answer.err);
    }
    home.run(&format!("--store {url} init -o json")).fails(9, "encoding_not_supported");
    home.run(&format!("--store {url} stream list")).fails(3, "no event store");
}

#[test]
fn a_silent_address_is_6() {
    no_server(&home(), |place| format!("postgres://ann:rightsecret@{place}/d?sslmode=prefer"));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn what_takes_too_long_is_6() {
    let (home, server) = (home(), Server::postgres());
    seed(&home, &server);
    let admin = store(&server, "postgres");
    let lock = "SELECT pg_advisory_lock(1702060916, 'esctl'::regnamespace::oid::int4), pg_sleep(30)";
    let url = server.url.clone();
    std::thread::spawn(move || {
        // Ends when the server does.
        crate::common::backend::run(async {
            use sqlx::Connection;
            let mut holder = sqlx::PgConnection::connect(&url).await.unwrap();
            let _ = sqlx::raw_sql(lock).execute(&mut holder).await;
        });
    });
    let held = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND granted";
    while server.query(held) == "0" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for line in ["stream append a-1 --type t --data {}", "resource allocate gold 1"] {
        home.run(&format!("--timeout 500ms --store {admin} {line}")).fails(6, "lock");
    }
    // Readers do not wait for a writer.
    for line in pure_readers() {
        home.run(&format!("--timeout 10s --store {admin} {line}")).ok();
    }
    server.signal("STOP");
    for line in [READERS[0], WRITERS[1]] {
        home.run(&format!("--timeout 500ms --store {admin} {line}")).fails(6, &server.address());
    }
    server.signal("CONT");
    home.run(&format!("--store {admin} stats")).ok();
}
