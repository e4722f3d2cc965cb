//! Processes that are killed while they bring a store up to date.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use esctl::store::Init;

use crate::conformance::kit::put;
use crate::conformance::kit::whole;
use crate::upgrade::dumps::Dump;

pub async fn a_migration_that_is_killed_at_any_moment_is_done_or_not<D: Dump>() {
    let mut done = 0;
    for round in 0..12 {
        let dump = D::load().await;
        let mut init = Command::new(env!("CARGO_BIN_EXE_esctl"));
        init.env_clear().env("HOME", "/nonexistent").args(["init", "--store", &dump.url()]);
        let mut process = init.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From before its first statement to after its last one.
        std::thread::sleep(Duration::from_millis(round * round / 2));
        process.kill().unwrap();
        process.wait().unwrap();
        let store = dump.open();
        assert_eq!(whole(&store).await.len(), 35);
        match store.init().await.unwrap() {
            Init::Migrated { from } if from == D::VERSION => {}
            Init::Found => done += 1,
            other => panic!("{other:?}"),
        }
        put(&store, "thing-1", 1).await;
        assert_eq!(whole(&store).await.len(), 36);
        assert_eq!(store.projections().await.unwrap().len(), 2);
    }
    println!("{done} of 12 had been done before the kill");
}
