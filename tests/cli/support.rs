//! A home of its own for each test: no environment, no configuration, no store of the user can leak in.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;

/// Every command that only reads.
pub(crate) const READERS: [&str; 14] = [
    "resource show gold",
    "resource list",
    "resource history gold",
    "stream list",
    "stream show order-1",
    "stream read order-1",
    "stream read --all",
    "stream tail --no-follow",
    "projection status",
    "projection query resources",
    "projection run",
    "projection rebuild resources",
    "verify",
    "stats",
];

/// Commands that make a store where there is none.
pub(crate) const WRITERS: [&str; 3] =
    ["resource create new --owner o --type t --amount 1 --max 1", "stream append new-1 --type t --data {}", "init"];

/// A folder, and a place for a store whose URL is in the environment of every command. (In a file it is `store.db`.)
pub(crate) struct Home {
    folder: TempDir,
    place: Place,
}

impl Home {
    pub(crate) fn new(on: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::fresh(on, folder.path(), "store");
        Self { folder, place }
    }

    /// With a store in this place.
    pub(crate) fn at(place: Place) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), place }
    }

    /// Runs statements on its database: in SQLite, in PostgreSQL, or a command in MongoDB.
    pub(crate) fn meddle(&self, sqlite: &str, postgres: &str, mongodb: mongodb::bson::Document) {
        self.place.meddle(sqlite, postgres, mongodb);
    }

    /// Returns a place for another store.
    pub(crate) fn place_for_a_copy(&self, on: Backend) -> Place {
        Place::fresh(on, self.folder.path(), "copy")
    }

    /// The URL of its store.
    pub(crate) fn store(&self) -> &str {
        &self.place.url
    }

    /// Returns the place of its store, as it is shown to people: without user and password.
    pub(crate) fn shown_place(&self) -> String {
        match self.store().split_once("://") {
            None => self.path("store.db").display().to_string(),
            Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or(rest)),
        }
    }

    /// Returns true if no store has been made.
    pub(crate) fn has_no_store(&self) -> bool {
        self.place.is_untouched()
    }

    /// With a resource `gold` of 100 of 1000, and two events in stream `order-1`, the first with [`EVENT_ID`].
    pub(crate) fn seeded(on: Backend) -> Self {
        let home = Self::new(on);
        home.run("resource create gold --owner ann --type coins --amount 100 --max 1000").ok();
        home.run(&format!(r#"stream append order-1 --type order.placed --data '{{"n":1}}' --event-id {EVENT_ID}"#)).ok();
        home.run(r#"stream append order-1 --type order.paid --data '{"n":2}'"#).ok();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; its path as text.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program, with nothing of the environment of the tests.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("esctl"));
        command.env_clear().current_dir(self.folder.path());
        command.env("HOME", self.folder.path()).env("ESCTL_STORE", self.store()).env("TZ", "UTC").env("LANG", "C.UTF-8");
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env(name, self.folder.path().join(name));
        }
        command
    }

    /// Runs a command line as one types it; single quotes keep words together.
    pub(crate) fn run(&self, line: &str) -> Answer {
        self.run_args(&words(line))
    }

    pub(crate) fn run_args<T: AsRef<str>>(&self, arguments: &[T]) -> Answer {
        self.run_stdin(arguments, b"")
    }

    /// Runs a command line with this on stdin.
    pub(crate) fn feed(&self, line: &str, stdin: &[u8]) -> Answer {
        self.run_stdin(&words(line), stdin)
    }

    fn run_stdin<T: AsRef<str>>(&self, arguments: &[T], stdin: &[u8]) -> Answer {
        let mut command = self.command();
        command.args(arguments.iter().map(AsRef::as_ref));
        Answer::of(start(&mut command), stdin)
    }

    /// Returns the head of the store: position and hash, which confirm everything before.
    pub(crate) fn head(&self) -> (u64, String) {
        let report = self.run("verify -o json").ok().json();
        (report["head_position"].as_u64().unwrap(), report["head_hash"].as_str().unwrap().to_owned())
    }
}

/// The id of the first event of a seeded home's stream `order-1`.
pub(crate) const EVENT_ID: &str = "018c2f5e-7a00-7000-8000-000000000001";

/// Text that must never reach a terminal as it is.
pub(crate) const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{202e}\r\u{1b}]8;;http://x\u{7}\u{200b}=1";

/// Starts a command with pipes at all three ends.
pub(crate) fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(name: &str, child: &Child) {
    let done = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

/// The result of a run.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn of(mut child: Child, stdin: &[u8]) -> Self {
        let mut pipe = child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        // On a thread of its own: a program that refuses early does not read it all.
        let feeder = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("only UTF-8 is printed");
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    /// Ended with this code, said this on stderr, and printed no results.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, part: &str) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(self.err.contains(part), "{part:?} is not in: {}", self.err);
        assert_eq!(self.out, "", "results beside an error");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The items of a list in JSON.
    #[track_caller]
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().cloned().unwrap()
    }

    /// The lines of NDJSON.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one JSON object on stderr that an error is with `-o json`.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let value: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {}", self.err));
        value["error"].clone()
    }
}

/// Returns true for a text that would change what a terminal shows.
pub(crate) fn is_raw(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c))
}

/// The names of the members of an object, in their order.
pub(crate) fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

pub(crate) fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut word, mut begun, mut quoted) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                if std::mem::take(&mut begun) {
                    found.push(std::mem::take(&mut word));
                }
            }
            c => {
                begun = true;
                word.push(c);
            }
        }
    }
    if begun {
        found.push(word);
    }
    found
}
