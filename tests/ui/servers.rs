//! The same on the servers, and a server that goes away and comes back.

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use url::Url;

use crate::proxy::Mode;
use crate::proxy::Proxy;
use crate::screens::a_walk;
use crate::tmux::Home;
use crate::tmux::Tmux;

/// A store of its own on a server, gone with the value.
struct Server {
    server: Url,
    name: String,
}

impl Server {
    /// On the server that this variable names.
    fn of(variable: &str) -> Self {
        let server = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"));
        let name = format!("ui_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        Self { server: server.parse().unwrap(), name }
    }

    fn is_postgres(&self) -> bool {
        self.server.scheme().starts_with("postgres")
    }

    fn url(&self) -> Url {
        let mut url = self.server.clone();
        if self.is_postgres() {
            url.query_pairs_mut().append_pair("schema", &self.name);
        } else {
            url.set_path(&self.name);
        }
        url
    }

    async fn clean(server: Url, name: String) {
        if server.scheme().starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(server.as_str()).await.unwrap();
            let sql = format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {name} CASCADE");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        } else {
            let client = mongodb::Client::with_uri_str(server.as_str()).await.unwrap();
            client.database(&name).drop().await.unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Self::clean(self.server.clone(), self.name.clone()));
    }
}

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
    let proxy = Proxy::before(server.server.port().unwrap_or(5432));
    let mut through = server.url();
    through.set_host(Some("127.0.0.1")).unwrap();
    through.set_port(Some(proxy.port())).unwrap();
    let tmux = Tmux::ui(&Home::at(through.to_string()), 80, 24, "--timeout 2s", &[]);
    tmux.until_it_shows(&["resource-gold", "head 4"]);
    proxy.set(Mode::Gone);
    tmux.until_it_shows(&["! no answer, trying again", "resource-gold"]);
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
