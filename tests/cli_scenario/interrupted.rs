//! An interrupt: the program ends, and removes the area that it made beside a store before that.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use mongodb::bson::doc;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;

/// Returns true if there is an area with events of a category.
fn has_area(on: Backend, esctl: &Esctl, category: &str) -> bool {
    if on == Backend::Sqlite {
        let mut entries = std::fs::read_dir(esctl.dir.path()).unwrap();
        return entries.any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("esctl-scratch-"));
    }
    run(async {
        let client = mongodb::Client::with_uri_str(&esctl.place.url).await.unwrap();
        for name in client.list_database_names().await.unwrap() {
            let filter = doc! { "stream": { "$regex": format!("^{category}-") } };
            let events = client.database(&name).collection::<mongodb::bson::Document>("events");
            if name.starts_with("esctl_scratch_") && events.find_one(filter).await.unwrap().is_some() {
                return true;
            }
        }
        false
    })
}

fn an_interrupt_removes_the_area(on: Backend) {
    let esctl = Esctl::new(on);
    let category = format!("c{}", uuid::Uuid::new_v4().simple());
    let steps: String = (0..500).map(|n| format!("  - at_once: [{{append: {category}-{n}, type: t, times: 200}}]\n")).collect();
    std::fs::write(esctl.path("long.yaml"), format!("name: long\nsteps:\n{steps}")).unwrap();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
        command.env_clear().env("HOME", esctl.dir.path()).args(["--store", &esctl.place.url, "scenario", "run"]);
        command.arg(esctl.path("long.yaml")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while !has_area(on, &esctl, &category) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never began");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(!has_area(on, &esctl, &category), "{signal}");
    }
}

#[test]
fn nothing_is_left_beside_a_file() {
    an_interrupt_removes_the_area(Backend::Sqlite);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_is_left_on_mongodb() {
    an_interrupt_removes_the_area(Backend::MongoReplicaSet);
}

#[test]
#[ignore = "needs a server: tests/run"]
fn nothing_is_left_on_a_standalone_mongodb() {
    an_interrupt_removes_the_area(Backend::MongoStandalone);
}
