//! A server that is restarted while a client follows: each event is seen once, in order, and soon.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::NewEvent;
use esctl::store::AppendRequest;
use esctl::store::RecordTime;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::open;
use serde_json::Value;
use serde_json::json;

use crate::cli::support::Home;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::common::backend::run;
use crate::common::own_server::Server;

crate::on_server! { postgres Postgres a_follower_goes_on_across_restarts }
crate::on_server! { mongodb MongoReplicaSet a_follower_goes_on_across_restarts }
crate::on_server! { mongodb_standalone MongoStandalone a_follower_goes_on_across_restarts }

/// Events appended between two restarts.
const EACH: u64 = 20;

fn a_follower_goes_on_across_restarts(on: Backend) {
    let mut server = Server::start(on);
    let home = Home::at(Place::on_server(on, &server.url));
    home.run("resource create gold --owner ann --type coins --amount 100 --max 100").ok();
    let (follower, seen) = follow(&home, "stream tail --all -n 9 -o ndjson");
    let (runner, _runs) = follow(&home, "projection run --follow -o ndjson");
    let mut writer = Writer { store: open(&home.store().parse().unwrap(), Duration::from_secs(30)).unwrap(), seen, position: 0 };
    writer.sees_next();
    let quiet = writer.writes(EACH);
    let mut after = Vec::new();
    for end in [Server::stop, Server::kill] {
        end(&mut server);
        home.run("--timeout 300ms stream append a-1 --type t --data {}").fails(6, "");
        // Longer than a follower waits for an answer before it reports that there is none.
        thread::sleep(Duration::from_millis(2500));
        server.start_again();
        after.push(writer.writes(EACH));
    }
    home.run("resource allocate gold 1").ok();
    let position = writer.sees_next();
    assert_eq!(position, 2 + 3 * EACH);
    let reached = || home.run("projection status -o json").ok().items()[0]["position"].as_u64();
    while reached() != Some(position) {
        thread::sleep(Duration::from_millis(20));
    }
    println!("{on:?}: a follower sees an event {} after it is acknowledged; the first ones after a restart:", said(&quiet));
    after.iter().for_each(|latencies| println!("  {:?}, then {}", latencies[0], said(&latencies[1..])));
    for child in [follower, runner] {
        signal("INT", &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let said = String::from_utf8(output.stderr).unwrap();
        // Once for each of the two outages, and once for the end of each.
        assert_eq!(said.matches("store unavailable").count(), 2, "{said}");
        assert_eq!(said.matches("store available again").count(), 2, "{said}");
    }
    assert!(writer.seen.recv().is_err(), "nothing was seen twice");
    home.run("verify").ok();
}

/// A program that follows, and what it says, each line with its moment.
fn follow(home: &Home, line: &str) -> (Child, Receiver<(Value, Instant)>) {
    let mut child = start(home.command().args(words(line)));
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            // The test may have ended; read on all the same, or the server would end.
            let _ = sender.send((serde_json::from_str(&line).unwrap(), Instant::now()));
        }
    });
    (child, receiver)
}

struct Writer {
    store: Store,
    seen: Receiver<(Value, Instant)>,
    /// Of the last event that was seen.
    position: u64,
}

impl Writer {
    /// Waits for the follower to see the event after the last one it saw.
    fn sees_next(&mut self) -> u64 {
        self.sees().0
    }

    fn sees(&mut self) -> (u64, Instant) {
        let (event, moment) = self.seen.recv().unwrap();
        assert_eq!(event["position"], self.position + 1);
        self.position += 1;
        (self.position, moment)
    }

    /// Appends events, one after the other is seen; how long each took from being acknowledged to being seen.
    fn writes(&mut self, count: u64) -> Vec<Duration> {
        (0..count).map(|_| self.write()).collect()
    }

    fn write(&mut self) -> Duration {
        let request = AppendRequest {
            stream: "a-1".parse().unwrap(),
            expected: ExpectedVersion::Any,
            events: vec![NewEvent::new(EventType::parse("t").unwrap(), &json!({})).unwrap()],
            time: RecordTime::StoreClock,
        };
        // The same again is safe, whatever became of it while the server was coming up.
        while let Err(error) = run(self.store.append(request.clone())) {
            assert!(matches!(error, StoreError::Unavailable { .. } | StoreError::OutcomeUnknown { .. }), "{error:?}");
        }
        let acknowledged = Instant::now();
        self.sees().1.saturating_duration_since(acknowledged)
    }
}

fn said(latencies: &[Duration]) -> String {
    let mut sorted = latencies.to_vec();
    sorted.sort();
    format!("{:?} (half of them), {:?} (the slowest)", sorted[sorted.len() / 2], sorted[sorted.len() - 1])
}
