//! The same on the servers, and a server that goes away and comes back.

use crate::proxy::Mode;
use crate::proxy::Proxy;
use crate::proxy::anything;
use crate::screens::a_walk;
use crate::server::Server;
use crate::tmux::Home;
use crate::tmux::Tmux;

fn a_walk_on(variable: &str) {
    let server = Server::of(variable);
    a_walk(&Home::at(server.url().to_string()));
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_walk_through_a_store_in_postgresql() {
    a_walk_on("ESCTL_TEST_POSTGRES");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_walk_through_a_store_in_a_replica_set() {
    a_walk_on("ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_walk_through_a_store_in_a_standalone_mongodb() {
    a_walk_on("ESCTL_TEST_MONGODB_STANDALONE");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_goes_away_is_told_of_and_what_it_has_is_seen_when_it_is_back() {
    let server = Server::of("ESCTL_TEST_POSTGRES");
    let home = Home::at(server.url().to_string());
    home.seed();
    let proxy = Proxy::before(server.server.port().unwrap_or(5432), anything);
    let mut through = server.url();
    through.set_host(Some("127.0.0.1")).unwrap();
    through.set_port(Some(proxy.port())).unwrap();
    let tmux = Tmux::ui(&Home::at(through.to_string()), 80, 24, "--timeout 2s", &[]);
    tmux.until_it_shows(&["resource-gold", "head 4"]);
    // Every connection there is loses its next answer, and no new one gets through.
    tmux.until(|screen| {
        proxy.set(Mode::LoseAnswerAndGo);
        screen.contains("! no answer, trying again") && screen.contains("resource-gold")
    });
    proxy.set(Mode::Gone);
    // Whoever looks at something else meanwhile is not held up.
    tmux.keys(&["?"]);
    tmux.until_it_shows(&[" Keys "]);
    tmux.keys(&["x"]);
    home.run(&["stream", "append", "order-2", "--type", "order.placed", "--data", "{}"]);
    proxy.set(Mode::Pass);
    tmux.until(|screen| screen.contains("order-2") && screen.contains("head 5") && !screen.contains("no answer"));
    tmux.keys(&["q"]);
    tmux.until_it_shows(&["ended with 0"]);
}
