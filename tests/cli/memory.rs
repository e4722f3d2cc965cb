//! Many events: memory stays flat.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::time::Duration;
use std::time::Instant;

use crate::cli::support::Home;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

crate::on_every_backend! {
    two_hundred_thousand_events_take_no_more_memory_than_a_few
    the_first_row_comes_at_once
}

/// Returns the memory that a process may use. MongoDB gives a commit of up to 12 MiB whole, and its driver holds it more than once.
fn most_kib(on: Backend) -> u64 {
    match on {
        Backend::Sqlite | Backend::Postgres => 64 << 10,
        Backend::MongoReplicaSet | Backend::MongoStandalone => 128 << 10,
    }
}

/// Runs a command, discards its output, and returns the most memory that it used and the bytes printed.
fn peak(home: &Home, line: &str) -> (u64, usize) {
    let mut child = start(home.command().args(words(line)));
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let (mut buffer, mut all) = (vec![0; 1 << 16], 0);
        while let Ok(n @ 1..) = stdout.read(&mut buffer) {
            all += n;
        }
        all
    });
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let ended = loop {
        // VmHWM only grows, so the last look counts; a process that has ended has none.
        if let Ok(text) = fs::read_to_string(&status)
            && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM"))
        {
            most = most.max(line.split_whitespace().nth(1).unwrap().parse().unwrap());
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(ended.success(), "{line}: {ended}");
    (most, reader.join().unwrap())
}

fn two_hundred_thousand_events_take_no_more_memory_than_a_few(on: Backend) {
    let home = Home::new(on);
    let pad = "x".repeat(60);
    // In parts that MongoDB takes as one append.
    let mut batch = String::new();
    for n in 0..25_000 {
        batch.push_str(&format!("{{\"type\":\"t\",\"data\":{{\"n\":{n},\"note\":\"{pad}\"}}}}\n"));
    }
    for part in 0..8 {
        home.feed(&format!("stream append a-{} --batch - -o ndjson", part % 4), batch.as_bytes()).ok();
    }
    for id in 0..20 {
        home.run(&format!("resource create r{id} --owner o --type t --amount 5 --max 5")).ok();
    }
    for (line, least) in [
        ("stream read --all -o ndjson", 40 << 20),
        ("stream read --all", 20 << 20),
        // A quarter of them is enough to show where the others grow.
        ("stream read a-1 -o json", 10 << 20),
        ("stream read a-1 -o csv", 10 << 20),
        ("stream read a-1 --backwards -o ndjson", 10 << 20),
        ("stream show a-1", 100),
        ("stream tail --no-follow -n 10", 100),
        ("stream tail --no-follow -n 200000 -o ndjson", 40 << 20),
        ("stream tail --no-follow -n 200000 --category a -o ndjson", 40 << 20),
        ("stats", 100),
        ("verify", 100),
        ("projection rebuild resources", 20),
        ("resource list", 100),
    ] {
        let (most, printed) = peak(&home, line);
        assert!(most > 1000 && most < most_kib(on), "{line}: {most} KiB");
        assert!(printed >= least, "{line}: {printed} bytes");
    }
}

fn the_first_row_comes_at_once(on: Backend) {
    let home = Home::new(on);
    let batch = "{\"type\":\"t\",\"data\":{}}\n".repeat(30_000);
    for _ in 0..4 {
        home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    }
    let begun = Instant::now();
    let mut child = start(home.command().args(["stream", "read", "a-1", "-o", "ndjson"]));
    let mut first = [0; 1];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    let waited = begun.elapsed();
    // The reader ends; the program ends quietly.
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{output:?}");
    let begun = Instant::now();
    home.run("stream read a-1 -o ndjson").ok();
    let all = begun.elapsed();
    assert!(waited < all / 2, "the first after {waited:?}, all after {all:?}");
}
