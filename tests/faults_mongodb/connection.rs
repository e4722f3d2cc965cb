//! A server that stands still or dies, and connections that are cut when a write has been sent.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::store::Outcome;
use esctl::store::StoreError;

use crate::helper::Place;
use crate::helper::all_enabled;
use crate::helper::store_at;
use crate::kit::TIMEOUT;
use crate::kit::events;
use crate::kit::exactly;
use crate::kit::put;
use crate::kit::request;
use crate::kit::whole;
use crate::own_server::Server;

/// What passes everything on, and cuts the connection at an insert of commits: so many times.
struct Proxy {
    port: u16,
    cuts: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Cut {
    /// The server never gets it.
    Before,
    /// The server does it, and its answer is lost.
    After,
}

impl Proxy {
    fn to(server: String, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server, left) = (client.unwrap(), TcpStream::connect(&server).unwrap(), Arc::clone(&left));
                let (back_from, back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || pass(back_from, back_to, |_| None));
                std::thread::spawn(move || {
                    pass(client, server, |bytes| {
                        let is_insert =
                            bytes.windows(7).any(|part| part == b"commits") && bytes.windows(7).any(|part| part == b"insert\0");
                        let one_less = |left: usize| left.checked_sub(1);
                        let cuts = is_insert && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
                        cuts.then_some(cut)
                    })
                });
            }
        });
        Self { port, cuts }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut cut: impl FnMut(&[u8]) -> Option<Cut>) {
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        let cut = cut(&buffer[..count]);
        if matches!(cut, Some(Cut::After)) {
            // No answer gets back from here on.
            let _ = from.shutdown(Shutdown::Write);
            let _ = to.write_all(&buffer[..count]);
            std::thread::sleep(Duration::from_millis(300));
        }
        if count == 0 || cut.is_some() || to.write_all(&buffer[..count]).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn port_of(server: &str) -> String {
    server.trim_start_matches("mongodb://").split('/').next().unwrap().to_owned()
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_connection_cut_when_the_append_was_sent_is_asked_again_and_nothing_is_doubled() {
    all_enabled(async {
        for cut in [Cut::Before, Cut::After] {
            let real = std::env::var("ESCTL_TEST_MONGODB").unwrap();
            let proxy = Proxy::to(port_of(&real), cut);
            let place = Place::on(format!("mongodb://127.0.0.1:{}/?directConnection=true", proxy.port));
            let store = place.store();
            put(&store, "thing-1", 1).await;
            for round in 1..=3 {
                proxy.cuts.store(round, Ordering::SeqCst);
                let version = store.stream_version(crate::kit::stream("thing-1")).await.unwrap();
                let answer = store.append(request("thing-1", exactly(version.0), events(10))).await.unwrap();
                assert_eq!((answer.outcome, answer.events.len()), (Outcome::Applied, 10));
                assert_eq!(proxy.cuts.load(Ordering::SeqCst), 0);
            }
            assert_eq!(whole(&store).await.len(), 31);
        }
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_append_to_a_server_that_stands_still_is_of_unknown_outcome_and_can_be_repeated() {
    all_enabled(async {
        let server = Server::mongod(&[]);
        let place = Place::on(server.url.clone());
        let store = store_at(&place.url(), Duration::from_secs(2));
        put(&store, "thing-1", 1).await;
        let batch = events(5);
        server.signal("STOP");
        let outcome = store.append(request("thing-1", exactly(1), batch.clone())).await;
        assert!(matches!(outcome, Err(StoreError::OutcomeUnknown { .. })), "{outcome:?}");
        server.signal("CONT");
        let again = store_at(&place.url(), TIMEOUT).append(request("thing-1", exactly(1), batch)).await.unwrap();
        assert_eq!(again.events[0].version.0, 2);
        put(&store, "thing-1", 1).await;
        assert_eq!(whole(&store).await.len(), 7);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_is_killed_and_comes_back_has_all_that_was_acknowledged() {
    all_enabled(async {
        let mut server = Server::mongod(&[]);
        let place = Place::on(server.url.clone());
        let store = store_at(&place.url(), TIMEOUT);
        put(&store, "thing-0", 7).await;
        let mut acknowledged = 1;
        for round in 0..3 {
            let writer = store.clone();
            let writing = tokio::spawn(async move {
                let mut done = 0;
                while writer.append(request("thing-1", ExpectedVersion::Any, events(7))).await.is_ok() {
                    done += 1;
                    if done == 400 {
                        break;
                    }
                }
                done
            });
            tokio::time::sleep(Duration::from_millis(100 + 70 * round)).await;
            server.kill();
            tokio::time::sleep(Duration::from_millis(200)).await;
            server.start_again();
            acknowledged += writing.await.unwrap();
            let there = whole(&store_at(&place.url(), TIMEOUT)).await.len();
            assert!(there >= 7 * acknowledged && there.is_multiple_of(7), "{there} of {acknowledged} appends");
        }
        assert!(acknowledged > 1);
    });
}
