//! A database of its own for a test, and a plain connection to it.

use std::time::Duration;

use esctl::store::OpenOptions;
use esctl::store::Store;
use esctl::store::open;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use url::Url;

use crate::conformance::kit::TIMEOUT;

/// A database, gone with the value, and with it all that was made in it.
pub struct Database {
    server: Url,
    name: String,
}

impl Database {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With these options of CREATE DATABASE.
    pub async fn with(options: &str) -> Self {
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("ESCTL_TEST_POSTGRES names a server");
        let name = format!("faults_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        let database = Self { server: server.parse().unwrap(), name };
        execute(&mut connect(database.server.as_str()).await, &format!("CREATE DATABASE {} {options}", database.name)).await;
        database
    }

    /// Unique on the server, for roles.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> Url {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url
    }

    pub fn port(&self) -> u16 {
        self.server.port().unwrap_or(5432)
    }

    /// A new handle on the store.
    pub fn store(&self) -> Store {
        store_at(&self.url(), TIMEOUT)
    }

    /// A connection of no store.
    pub async fn connect(&self) -> PgConnection {
        connect(self.url().as_str()).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: this one may be inside a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = connect(server.as_str()).await;
                execute(&mut connection, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
                execute(&mut connection, &format!("DROP ROLE IF EXISTS {name}")).await;
            });
        });
        let _ = dropping.join();
    }
}

pub fn store_at(url: &Url, timeout: Duration) -> Store {
    open(&url.as_str().parse().unwrap(), OpenOptions::new(timeout).with_io()).unwrap()
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Runs statements, whatever they are.
pub async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

/// Runs a test to its end, with the network.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// Makes an ignored test of each async function named.
#[macro_export]
macro_rules! faults {
    ($($name:ident)+) => {
        $(
            #[test]
            #[ignore = "needs a server: tests/run"]
            fn $name() {
                $crate::faults_postgres::helper::run(cases::$name());
            }
        )+
    };
}
