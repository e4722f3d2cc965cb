//! A lock that is not free in time: the error names the process or session that holds it.

use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;

use crate::cli::support::Home;
use crate::common::backend::Backend;
use crate::common::backend::run;

#[test]
#[ignore = "needs a server: tests/run"]
fn the_session_of_postgresql_that_holds_the_lock_is_named() {
    let home = Home::seeded(Backend::Postgres);
    let (server, schema) = home.store().split_once("schema=").unwrap();
    let server = server.trim_end_matches(['?', '&']);
    run(async {
        let mut holder = PgConnection::connect(server).await.unwrap();
        sqlx::raw_sql("SET application_name = 'night shift'").execute(&mut holder).await.unwrap();
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut holder).await.unwrap();
        for lock in [
            format!("LOCK TABLE {schema}.store_head IN ACCESS EXCLUSIVE MODE"),
            format!("SELECT pg_advisory_xact_lock(1702060916, '{schema}'::regnamespace::oid::int4)"),
            format!("SELECT * FROM {schema}.store_head FOR UPDATE"),
        ] {
            sqlx::raw_sql("BEGIN").execute(&mut holder).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(lock.clone())).execute(&mut holder).await.unwrap();
            for line in ["resource allocate gold 1", "stream append order-1 --type t --data {}"] {
                let answer = home.run(&format!("--timeout 3s {line}")).fails(6, "another session holds the lock");
                assert!(
                    answer.err.contains(&format!("server process {pid} (application night shift, user ")),
                    "{lock}: {}",
                    answer.err
                );
            }
            sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
        }
    });
    home.run("resource allocate gold 1").ok();
    home.run("verify").ok();
}
