//! The dump of PostgreSQL: what `pg_dump` wrote, loaded into a schema of its own.

use sqlx::AssertSqlSafe;
use sqlx::Connection;

use crate::dumps::Dump;
use crate::dumps::run;
use crate::dumps::upgrade;

struct Postgres {
    server: String,
    schema: String,
}

impl Dump for Postgres {
    const HEAD: &str = "fe4d4e7f0e3345cc9e55fd8209089a5b1ad1019d7f1d131b8e4558cae98811f1";

    async fn load() -> Self {
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("ESCTL_TEST_POSTGRES names a server");
        let schema = format!("esctl_up_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        let dump = Self { server, schema };
        dump.execute(include_str!("version1/store.sql").replace("version1", &dump.schema)).await;
        dump
    }

    fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}schema={}", self.server, self.schema)
    }
}

impl Postgres {
    async fn execute(&self, sql: String) {
        let mut connection = sqlx::PgConnection::connect(&self.server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Name, arguments and text of each function.
    async fn functions(&self) -> Vec<String> {
        let mut connection = sqlx::PgConnection::connect(&self.server).await.unwrap();
        let sql = "SELECT proname || pg_get_function_arguments(oid) || prosrc FROM pg_proc
                   WHERE pronamespace = to_regnamespace($1) ORDER BY 1";
        sqlx::query_scalar(sql).bind(&self.schema).fetch_all(&mut connection).await.unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let this = Self { server: self.server.clone(), schema: self.schema.clone() };
        // A thread of its own: this one is inside a runtime.
        let dropping = std::thread::spawn(move || {
            let this = std::mem::ManuallyDrop::new(this);
            let sql = format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {} CASCADE", this.schema);
            run(this.execute(sql));
        });
        let _ = dropping.join();
    }
}

#[test]
#[ignore = "needs a server: tests/run"]
fn the_functions_are_those_of_a_new_store() {
    run(async {
        let (old, new) = (Postgres::load().await, Postgres::load().await);
        new.execute(format!("DROP SCHEMA {} CASCADE", new.schema)).await;
        assert!(!old.functions().await.is_empty());
        old.open().init().await.unwrap();
        new.open().init().await.unwrap();
        assert_eq!(old.functions().await, new.functions().await);
    });
}

upgrade!(Postgres, ignore = "needs a server: tests/run");
