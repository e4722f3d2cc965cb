//! Three servers of which another one becomes the primary.

use std::time::Duration;

use mongodb::Client;
use mongodb::Database;
use mongodb::bson::doc;
use mongodb::options::ClientOptions;

use crate::common::own_server::Server;
use crate::history::trial::Area;
use crate::history::trial::TIMEOUT;
use crate::history::trial::all_held;
use crate::history::trial::block_on;
use crate::history::trial::history;

/// Three servers that know of each other, with a primary.
async fn three_servers() -> (Vec<Server>, String) {
    let start = || std::thread::spawn(|| Server::mongod(&["--replSet", "esctl"]));
    let starting: Vec<_> = (0..3).map(|_| start()).collect();
    let servers: Vec<Server> = starting.into_iter().map(|server| server.join().unwrap()).collect();
    let member = |(number, server): (i32, &Server)| doc! { "_id": number, "host": server.address() };
    let members: Vec<_> = (0..).zip(&servers).map(member).collect();
    // Short, so that a primary that is gone is missed soon.
    let settings = doc! { "electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500 };
    let config = doc! { "_id": "esctl", "members": members, "settings": settings };
    let first = Client::with_uri_str(&servers[0].url).await.unwrap();
    first.database("admin").run_command(doc! { "replSetInitiate": config }).await.unwrap();
    let hosts: Vec<String> = servers.iter().map(Server::address).collect();
    let url = format!("mongodb://{}/?replicaSet=esctl", hosts.join(","));
    // Finds the primary, once there is one.
    client(&url).await.database("admin").run_command(doc! { "ping": 1 }).await.unwrap();
    (servers, url)
}

/// The address of the primary, once there is one.
async fn primary(admin: &Database) -> String {
    loop {
        // A connection that a server cut when it stepped down fails once.
        let hello = admin.run_command(doc! { "hello": 1 }).await;
        match hello.as_ref().map(|hello| hello.get_str("primary")) {
            Ok(Ok(primary)) => return primary.to_owned(),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn client(url: &str) -> Client {
    let mut options = ClientOptions::parse(url).await.unwrap();
    options.server_selection_timeout = Some(TIMEOUT);
    Client::with_options(options).unwrap()
}

#[test]
#[ignore = "needs a server: tests/run"]
fn another_primary_loses_and_doubles_nothing() {
    block_on(async {
        let (mut servers, url) = three_servers().await;
        let area = Area::mongodb_on(&url);
        let changing = async {
            let admin = client(&url).await.database("admin");
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                // Forced: also where the others have not caught up in time. The connection may be cut by it.
                let _ = admin.run_command(doc! { "replSetStepDown": 3, "secondaryCatchUpPeriodSecs": 1, "force": true }).await;
            }
            // And one that is killed: the present primary.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let primary = primary(&admin).await;
            servers.iter_mut().find(|server| server.address() == primary).unwrap().kill();
            tokio::time::sleep(Duration::from_secs(1)).await;
            println!("{primary} was killed, {} came after it", self::primary(&admin).await);
            Vec::new()
        };
        all_held(&history(std::slice::from_ref(&area.url), TIMEOUT, changing).await);
        drop(area);
    });
}
