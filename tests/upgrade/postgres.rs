//! The dumps of PostgreSQL: what `pg_dump` wrote, loaded into a schema of their own.

use sqlx::AssertSqlSafe;
use sqlx::Connection;

use crate::upgrade::dumps::Dump;
use crate::upgrade::dumps::run;
use crate::upgrade::dumps::upgrade;

struct Postgres {
    server: String,
    schema: String,
}

impl Postgres {
    /// Loads a dump whose schema has this name.
    async fn load(name: &str, dump: &str) -> Self {
        let server = std::env::var("ESCTL_TEST_POSTGRES").expect("ESCTL_TEST_POSTGRES names a server");
        let schema = format!("esctl_up_{}", uuid::Uuid::now_v7().simple().to_string().split_at(12).1);
        let loaded = Self { server, schema };
        loaded.execute(dump.replace(name, &loaded.schema)).await;
        loaded
    }

    fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}schema={}", self.server, self.schema)
    }

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

async fn the_functions_are_those_of_a_new_store<D: Dump + Schema>() {
    let (old, new) = (D::load().await, D::load().await);
    new.schema().execute(format!("DROP SCHEMA {} CASCADE", new.schema().schema)).await;
    assert!(!old.schema().functions().await.is_empty());
    old.open().init().await.unwrap();
    new.open().init().await.unwrap();
    assert_eq!(old.schema().functions().await, new.schema().functions().await);
}

trait Schema {
    fn schema(&self) -> &Postgres;
}

macro_rules! on {
    ($module:ident, $version:literal, $head:literal, $file:literal) => {
        mod $module {
            use super::*;

            struct OfPostgres(Postgres);

            impl Dump for OfPostgres {
                const VERSION: u32 = $version;
                const HEAD: &str = $head;

                async fn load() -> Self {
                    Self(Postgres::load(stringify!($module), include_str!($file)).await)
                }

                fn url(&self) -> String {
                    self.0.url()
                }
            }

            impl Schema for OfPostgres {
                fn schema(&self) -> &Postgres {
                    &self.0
                }
            }

            #[test]
            #[ignore = "needs a server: tests/run"]
            fn the_functions_are_those_of_a_new_store() {
                run(super::the_functions_are_those_of_a_new_store::<OfPostgres>());
            }

            upgrade!(OfPostgres, ignore = "needs a server: tests/run");
        }
    };
}

on!(version1, 1, "fe4d4e7f0e3345cc9e55fd8209089a5b1ad1019d7f1d131b8e4558cae98811f1", "version1/store.sql");
on!(version2, 2, "824a7d285e4c2d0407120d96dde293973b663f68a26f72521a9054787d915685", "version2/store.sql");
