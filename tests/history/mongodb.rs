//! A server that is stopped, killed and started again, and connections that are cut when the write was sent.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use crate::common::own_server::Server;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::insert_of_commits;
use crate::history::trial::Area;
use crate::history::trial::TIMEOUT;
use crate::history::trial::all_held;
use crate::history::trial::block_on;
use crate::history::trial::history;
use crate::history::trial::unknown;

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_is_stopped_for_a_while_loses_and_doubles_nothing() {
    block_on(async {
        let server = Server::mongod(&[]);
        let area = Area::mongodb_on(&server.url);
        let stopping = async {
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                server.signal("STOP");
                tokio::time::sleep(Duration::from_millis(2500)).await;
                server.signal("CONT");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            Vec::new()
        };
        let history = history(std::slice::from_ref(&area.url), Duration::from_millis(1500), stopping).await;
        all_held(&history);
        assert!(unknown(&history) > 0, "no outcome was unknown");
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_is_killed_and_comes_back_loses_and_doubles_nothing() {
    block_on(async {
        let server = Server::mongod(&[]);
        let area = Area::mongodb_on(&server.url);
        let server = Arc::new(Mutex::new(server));
        let killing = async {
            for round in 0..3 {
                tokio::time::sleep(Duration::from_millis(1000 + 170 * round)).await;
                server.lock().unwrap().kill();
                tokio::time::sleep(Duration::from_millis(200)).await;
                let again = Arc::clone(&server);
                tokio::task::spawn_blocking(move || again.lock().unwrap().start_again()).await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            Vec::new()
        };
        all_held(&history(std::slice::from_ref(&area.url), TIMEOUT, killing).await);
        drop(area);
    });
}

fn cut(variable: &str) {
    block_on(async {
        let area = Area::mongodb(variable);
        let proxy = Proxy::before(area.port(), insert_of_commits);
        let urls = [area.url.clone(), area.through(proxy.port())];
        let cutting = async {
            for round in 0..40 {
                tokio::time::sleep(Duration::from_millis(80)).await;
                proxy.times(if round % 3 == 0 { Mode::LoseRequest } else { Mode::LoseAnswer }, 1 + round % 2);
            }
            proxy.set(Mode::LoseAnswerAndGo);
            tokio::time::sleep(Duration::from_secs(3)).await;
            proxy.set(Mode::Pass);
            tokio::time::sleep(Duration::from_millis(500)).await;
            Vec::new()
        };
        let history = history(&urls, Duration::from_secs(2), cutting).await;
        all_held(&history);
        assert!(unknown(&history) > 0, "no outcome was unknown");
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn connections_cut_when_the_write_was_sent_lose_and_double_nothing() {
    cut("ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn connections_to_a_standalone_server_cut_when_the_write_was_sent_lose_and_double_nothing() {
    cut("ESCTL_TEST_MONGODB_STANDALONE");
}
