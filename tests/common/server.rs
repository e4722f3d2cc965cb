//! A store of its own on one of the servers that `tests/servers` starts.

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use url::Url;

/// A store of its own on a server, gone with the value.
pub struct Server {
    pub server: Url,
    name: String,
}

impl Server {
    /// On the server that this variable names.
    pub fn of(variable: &str) -> Self {
        let server = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server: tests/servers starts one"));
        let name = format!("ui_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        Self { server: server.parse().unwrap(), name }
    }

    fn is_postgres(&self) -> bool {
        self.server.scheme().starts_with("postgres")
    }

    /// Where the store is, or will be.
    pub fn url(&self) -> Url {
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
