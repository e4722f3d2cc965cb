//! Refusals of a server, as people and scripts meet them: the exit code, and never a password in any words.

mod impostor;
mod mongodb;
mod postgres;

use std::net::TcpListener;
use std::time::Duration;
use std::time::Instant;

use crate::cli::support::Home;
use crate::cli::support::READERS;
use crate::cli::support::WRITERS;
use crate::common::own_server::free_port;

/// Every command ends with this code, says this, and no word of `secret`, however much it is asked to say.
fn all_refused(home: &Home, url: &str, code: i32, part: &str) {
    refused(home, url, &READERS, code, part);
    refused(home, url, &WRITERS, code, part);
}

fn refused(home: &Home, url: &str, lines: &[&str], code: i32, part: &str) {
    for line in lines {
        let answer = home.run(&format!("--timeout 10s --store {url} {line}")).fails(code, part);
        assert!(!answer.err.contains("secret"), "{line}: {}", answer.err);
    }
    for flags in ["-vv", "-o json", "-q"] {
        let answer = home.run(&format!("--timeout 10s --store {url} {} {flags}", lines[0]));
        assert!(answer.code == code && !format!("{answer:?}").contains("secret"), "{url} {flags} {answer:?}");
    }
}

/// Commands that read and make nothing.
fn pure_readers() -> impl Iterator<Item = &'static str> {
    READERS.into_iter().filter(|line| !line.contains("projection r"))
}

/// Servers that are not there, and one that says nothing: unavailable, the latter within the timeout.
/// `url` makes the URL of a store on a host and port.
fn no_server(home: &Home, url: impl Fn(&str) -> String) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let places =
        [format!("127.0.0.1:{}", free_port()), "no-such-host.invalid:5000".to_owned(), silent.local_addr().unwrap().to_string()];
    for place in places {
        for line in [READERS[0], READERS[5], WRITERS[0], WRITERS[1], WRITERS[2]] {
            let begun = Instant::now();
            let url = url(&place);
            let answer = home.run(&format!("-vv --timeout 500ms --store {url} {line}"));
            assert!(answer.code == 6 && answer.err.contains(&place) && answer.out.is_empty(), "{place} {line} {answer:?}");
            assert!(!answer.err.contains("secret"), "{answer:?}");
            // Far above what a machine under load needs by itself; a wait for ever is what is looked for.
            assert!(begun.elapsed() < Duration::from_secs(20), "{place} {line}: {:?}", begun.elapsed());
        }
    }
}
