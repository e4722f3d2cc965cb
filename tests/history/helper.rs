//! A writer in a process of its own: it says each append before it is sent and after it is answered, so that what became
//! of it is known also when the process is killed.

use std::process::Child;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use esctl::event::Hash;
use esctl::event::Position;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::ops::selftest::AppendAttempt;
use esctl::ops::selftest::Journal;
use esctl::ops::selftest::LoadWriter;
use esctl::ops::selftest::SentEvent;
use esctl::store::Appended;
use esctl::store::AppendedEvent;
use esctl::store::IdConflict;
use esctl::store::OpenOptions;
use esctl::store::Outcome;
use esctl::store::StoreError;
use esctl::store::open;

use crate::common::process::said;
use crate::common::process::say;
use crate::common::process::start;
use crate::common::process::task;
use crate::history::trial::TIMEOUT;
use crate::history::trial::block_on;

/// The test that does the tasks of other processes.
pub const OTHER_PROCESS: &str = "history::helper::the_task_of_another_process_if_there_is_one";

#[test]
fn the_task_of_another_process_if_there_is_one() {
    let Some((task, url)) = task() else { return };
    match task.as_str() {
        "hold" => crate::history::sqlite::hold(&url),
        number => block_on(async {
            let store = open(&url.parse().unwrap(), OpenOptions::new(TIMEOUT).with_io()).unwrap();
            let (_never, stop) = tokio::sync::watch::channel(false);
            let writer = LoadWriter::new(number.parse().unwrap(), store, Arc::new(Aloud::default()), Arc::default());
            writer.run(Duration::ZERO, stop).await.unwrap();
        }),
    }
}

/// A journal that is said aloud.
#[derive(Default)]
struct Aloud(Mutex<usize>);

impl Journal for Aloud {
    fn begin(&self, attempt: AppendAttempt) -> usize {
        let mut next = self.0.lock().unwrap();
        let events: Vec<String> = attempt.events.iter().map(|sent| format!("{}:{}", sent.event_id, sent.content)).collect();
        say(&format!("try {} {} {} {}", attempt.writer, attempt.stream, attempt.expected, events.join(",")));
        *next += 1;
        *next - 1
    }

    fn end(&self, number: usize, answer: Result<Appended, StoreError>) {
        let text = match answer {
            Ok(appended) => {
                let place = |event: &AppendedEvent| {
                    format!("{}:{}:{}:{}", event.position, event.version, event.recorded_at.micros(), event.hash)
                };
                let places: Vec<String> = appended.events.iter().map(place).collect();
                let what = if appended.outcome == Outcome::Applied { "applied" } else { "already" };
                format!("{what} {}", places.join(","))
            }
            Err(StoreError::Conflict { actual, .. }) => format!("conflict {actual}"),
            Err(StoreError::IdConflict { event_id, .. }) => format!("known {event_id}"),
            Err(StoreError::Unavailable { message, .. }) => format!("unavailable {message}"),
            Err(StoreError::OutcomeUnknown { message, .. }) => format!("unknown {message}"),
            Err(error) => format!("other {error}"),
        };
        say(&format!("end {number} {text}"));
    }
}

/// Reads what a process said.
fn written_down(lines: impl Iterator<Item = String>) -> Vec<AppendAttempt> {
    let mut attempts = Vec::new();
    for line in lines {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[0] {
            "try" => attempts.push(tried(&line)),
            "end" => {
                let attempt: &mut AppendAttempt = &mut attempts[words[1].parse::<usize>().unwrap()];
                attempt.answer = Some(answered(attempt, words[2], words.get(3).copied().unwrap_or_default()));
            }
            _ => panic!("{line}"),
        }
    }
    attempts
}

fn tried(line: &str) -> AppendAttempt {
    let words: Vec<&str> = line.split(' ').collect();
    let sent = |text: &str| {
        let (id, content) = text.split_once(':').unwrap();
        SentEvent { event_id: id.parse().unwrap(), content: Hash::parse(content).unwrap() }
    };
    AppendAttempt {
        writer: words[1].parse().unwrap(),
        stream: StreamName::parse(words[2]).unwrap(),
        expected: words[3].parse().unwrap(),
        events: words[4].split(',').map(sent).collect(),
        // Its clock is not that of the others.
        began: 0,
        ended: u64::MAX,
        answer: None,
    }
}

fn answered(attempt: &AppendAttempt, what: &str, rest: &str) -> Result<Appended, StoreError> {
    let message = || rest.to_owned();
    match what {
        "applied" | "already" => {
            let place = |text: &str| {
                let parts: Vec<&str> = text.split(':').collect();
                AppendedEvent {
                    position: Position(parts[0].parse().unwrap()),
                    version: Version(parts[1].parse().unwrap()),
                    recorded_at: Timestamp::from_micros(parts[2].parse().unwrap()).unwrap(),
                    hash: Hash::parse(parts[3]).unwrap(),
                }
            };
            let outcome = if what == "applied" { Outcome::Applied } else { Outcome::AlreadyApplied };
            Ok(Appended { outcome, events: rest.split(',').map(place).collect(), clock_behind_micros: 0 })
        }
        "conflict" => Err(StoreError::Conflict {
            stream: attempt.stream.clone(),
            expected: attempt.expected,
            actual: Version(rest.parse().unwrap()),
        }),
        "known" => Err(StoreError::IdConflict { event_id: rest.parse().unwrap(), reason: IdConflict::OtherOrder }),
        "unavailable" => Err(StoreError::Unavailable { message: message(), source: None }),
        "unknown" => Err(StoreError::OutcomeUnknown { message: message(), source: None }),
        other => Err(StoreError::Bug(format!("{other} {rest}"))),
    }
}

/// A writer at work in a process of its own.
struct Working {
    child: Child,
    lines: JoinHandle<Vec<AppendAttempt>>,
}

impl Working {
    fn start(number: usize, url: &str) -> Self {
        let mut child = start(OTHER_PROCESS, &number.to_string(), url);
        let lines = said(&mut child);
        Self { child, lines: thread::spawn(move || written_down(lines)) }
    }

    /// Ends it in the middle of whatever it does; what it had written down.
    fn kill(mut self) -> Vec<AppendAttempt> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.join().unwrap()
    }
}

/// Lets writers in processes of their own write and kills them with signal 9, again and again; what they had written down.
pub async fn killed_writers(url: String, rounds: usize) -> Vec<AppendAttempt> {
    let kill = move || {
        let mut attempts = Vec::new();
        for round in 0..rounds {
            let working: Vec<Working> = (0..3).map(|number| Working::start(100 + 3 * round + number, &url)).collect();
            thread::sleep(Duration::from_millis(900 + 130 * round as u64));
            attempts.extend(working.into_iter().flat_map(Working::kill));
        }
        attempts
    };
    let attempts = tokio::task::spawn_blocking(kill).await.unwrap();
    assert!(attempts.iter().filter(|attempt| attempt.acknowledged().is_some()).count() > 10, "they wrote hardly anything");
    attempts
}
