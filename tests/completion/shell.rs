//! A home with a store, and a shell that asks.

use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::time::Instant;

use tempfile::TempDir;

/// A folder with a store in it, unless told otherwise.
pub struct Home {
    pub folder: TempDir,
    pub store: String,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("store.db").display());
        Self { folder, store }
    }

    pub fn at(store: String) -> Self {
        Self { store, ..Self::new() }
    }

    /// With streams, resources, snapshots and a context.
    pub fn seeded() -> Self {
        let home = Self::new();
        home.seed();
        home
    }

    pub fn seed(&self) {
        for id in ["gold", "good", "silver"] {
            self.run(&["resource", "create", id, "--owner", "p1", "--type", "coin", "--amount", "1", "--max", "2"]);
        }
        for stream in ["order-1", "order-2", "parcel-1"] {
            self.append(stream);
        }
        self.run(&["snapshot", "take", "resource-gold"]);
    }

    pub fn append(&self, stream: &str) {
        self.run(&["stream", "append", stream, "--type", "order.placed", "--data", "{}"]);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
        command.env_clear().env("HOME", self.folder.path()).current_dir(self.folder.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) {
        let output = self.command().env("ESCTL_STORE", &self.store).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
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

    /// What bash is told, in the store of this home.
    #[track_caller]
    pub fn told(&self, words: &[&str]) -> Vec<String> {
        lines(&self.ask("bash", Some(&self.store), words))
    }
}

/// What was said, by a program that was content and said nothing else.
#[track_caller]
pub fn lines(output: &Output) -> Vec<String> {
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}
