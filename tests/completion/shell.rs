//! A store with names in it, and a shell that asks for them.

use std::process::Output;
use std::time::Instant;

use crate::common::Esctl;
use crate::common::backend::Backend;

/// With streams, resources and a snapshot.
pub fn seeded(on: Backend) -> Esctl {
    let esctl = Esctl::new(on);
    for id in ["gold", "good", "silver"] {
        esctl.must(&["resource", "create", id, "--owner", "p1", "--type", "coin", "--amount", "1", "--max", "2"]);
    }
    for stream in ["order-1", "order-2", "parcel-1"] {
        esctl.append(stream);
    }
    esctl.must(&["snapshot", "take", "resource-gold"]);
    esctl
}

impl Esctl {
    /// Appends an event to a stream of any name.
    pub fn append(&self, stream: &str) {
        self.must(&["stream", "append", "--type", "order.placed", "--data", "{}", "--", stream]);
    }

    /// Asks as a shell does that has typed these words; how it ended, and how long that took is on record.
    pub fn ask(&self, shell: &str, store: Option<&str>, words: &[&str]) -> Output {
        let mut command = self.command();
        command.env("COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", words.len().to_string()).env("_CLAP_IFS", "\n");
        if let Some(store) = store {
            command.env("ESCTL_STORE", store);
        }
        let begun = Instant::now();
        let output = command.arg("--").arg("esctl").args(words).output().unwrap();
        println!("{words:?} took {:?}", begun.elapsed());
        output
    }

    /// Returns the names that bash gets, in this store.
    #[track_caller]
    pub fn offered(&self, words: &[&str]) -> Vec<String> {
        until_names(|| lines(&self.ask("bash", Some(&self.place.url), words)))
    }
}

/// Asks again while there is no name: a busy machine may find none within the limit, and nothing else is wrong.
#[track_caller]
pub fn until_names(ask: impl Fn() -> Vec<String>) -> Vec<String> {
    let mut offered = ask();
    for _ in 0..20 {
        if offered.iter().any(|word| !word.starts_with("--")) {
            break;
        }
        offered = ask();
    }
    offered
}

/// Returns the stdout of a program that succeeded and printed nothing else.
#[track_caller]
pub fn lines(output: &Output) -> Vec<String> {
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}
