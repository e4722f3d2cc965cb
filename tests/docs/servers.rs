//! The blocks that need a database server.

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

use crate::common::backend;
use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::docs::DOCUMENTS;
use crate::docs::blocks::Server;
use crate::docs::blocks::Use;
use crate::docs::blocks::blocks;
use crate::docs::read;
use crate::docs::run::run;

/// A PostgreSQL database that is dropped with the value. A schema is not enough: the documents name the default one.
struct Database {
    server: String,
    name: String,
}

impl Database {
    fn create() -> Self {
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("ESCTL_TEST_POSTGRES is not set; see tests/servers");
        let database = Self { server, name: format!("docs_{}", uuid::Uuid::new_v4().simple()) };
        database.execute(&format!("CREATE DATABASE {}", database.name));
        database
    }

    fn url(&self) -> String {
        format!("{}/{}", self.server.rsplit_once('/').unwrap().0, self.name)
    }

    fn execute(&self, sql: &str) {
        backend::run(async {
            let mut connection = PgConnection::connect(&self.server).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn blocks_that_need_a_server() {
    let mut found = 0;
    for path in DOCUMENTS {
        let document = read(path);
        if !blocks(&document).unwrap().iter().any(|block| matches!(block.used, Use::Run { server: Some(_) })) {
            continue;
        }
        found += 1;
        let postgres = Database::create();
        let mongodb = Place::fresh(Backend::MongoReplicaSet, std::path::Path::new("."), "docs");
        run(&document, &[(Server::Postgres, postgres.url()), (Server::Mongodb, mongodb.url.clone())]);
    }
    assert!(found > 0, "no document has a block with <!-- needs: postgres --> or <!-- needs: mongodb -->");
}
