//! A server that is stopped or killed, and connections that are cut when a write has been sent.

use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::store::Outcome;
use esctl::store::StoreError;

use crate::common::own_server::Server;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::insert_of_commits;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;
use crate::faults_mongodb::helper::Place;
use crate::faults_mongodb::helper::all_enabled;
use crate::faults_mongodb::helper::store_at;

fn port_of(server: &str) -> u16 {
    server.trim_start_matches("mongodb://").split('/').next().unwrap().rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_connection_cut_when_the_append_was_sent_is_asked_again_and_nothing_is_doubled() {
    all_enabled(async {
        for cut in [Mode::LoseRequest, Mode::LoseAnswer] {
            let real = std::env::var("ESCTL_TEST_MONGODB").unwrap();
            let proxy = Proxy::before(port_of(&real), insert_of_commits);
            let place = Place::on(format!("mongodb://127.0.0.1:{}/?directConnection=true", proxy.port()));
            let store = place.store();
            put(&store, "thing-1", 1).await;
            for round in 1..=3 {
                proxy.times(cut, round);
                let version = store.stream_version(crate::conformance::kit::stream("thing-1")).await.unwrap();
                let answer = store.append(request("thing-1", exactly(version.0), events(10))).await.unwrap();
                assert_eq!((answer.outcome, answer.events.len()), (Outcome::Applied, 10));
                assert_eq!(proxy.mode(), Mode::Pass);
            }
            assert_eq!(whole(&store).await.len(), 31);
        }
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_append_to_a_stopped_server_is_of_unknown_outcome_and_can_be_repeated() {
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
