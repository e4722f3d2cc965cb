//! The same from the servers.

use crate::server::Server;
use crate::shell::Home;

fn names_from(variable: &str) {
    let server = Server::of(variable);
    let home = Home::at(server.url().to_string());
    home.seed();
    // A machine that is busy may have no answer within the limit; then there is none, and nothing else is wrong.
    let told = |words: &[&str]| (0..20).map(|_| home.told(words)).find(|told| !told.is_empty()).unwrap_or_default();
    assert_eq!(told(&["stream", "show", "order-"]), ["order-1", "order-2"]);
    assert_eq!(told(&["resource", "lock", "go"]), ["gold", "good"]);
    assert_eq!(told(&["stream", "read", "--all", "--category", "p"]), ["parcel"]);
    assert_eq!(told(&["stream", "read", "--all", "--type", "order"]), ["order.placed"]);
    assert_eq!(told(&["snapshot", "show", "res"]), ["resource-gold"]);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn postgresql() {
    names_from("ESCTL_TEST_POSTGRES");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_replica_set() {
    names_from("ESCTL_TEST_MONGODB");
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_standalone_mongodb() {
    names_from("ESCTL_TEST_MONGODB_STANDALONE");
}
