//! Two processes, one store; and processes that are killed.

use std::collections::HashSet;
use std::io::BufRead;
use std::io::BufReader;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::common::backend::Backend;

crate::on_every_backend! {
    sixteen_processes_allocate_from_one_resource
    sixteen_processes_make_the_store_at_the_same_moment
    two_runners_of_a_projection_double_nothing
    what_was_acknowledged_before_a_kill_is_there
    a_rebuild_that_ends_early_leaves_the_old_read_model_whole
    a_runner_that_follows_ends_on_a_signal
    a_program_that_waits_for_its_pipes_ends_on_a_signal
}

/// Runs something on a number of threads at once, and returns what each gave.
fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let runs: Vec<_> = (0..count).map(|n| scope.spawn(move || work(n))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn sixteen_processes_allocate_from_one_resource(on: Backend) {
    let home = Home::new(on);
    home.run("resource create gold --owner o --type t --amount 100 --max 100").ok();
    // 16 times 4 times 2 is more than there is: some must be refused.
    let answers: Vec<Answer> = at_once(16, |n| {
        let key = |turn| format!("resource allocate gold 2 --idempotency-key p{n}-{turn} --retries 3 -o json");
        (0..4).map(|turn| home.run(&key(turn))).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    let mut taken = 0;
    for answer in &answers {
        match answer.code {
            0 => taken += 2,
            4 => assert_eq!(answer.error()["code"], "retries_exhausted"),
            5 => assert_eq!(answer.error()["code"], "insufficient_amount"),
            _ => panic!("{answer:?}"),
        }
    }
    let left = home.run("resource show gold -o json").ok().json()["amount"].as_i64().unwrap();
    assert_eq!(left, 100 - taken);
    let versions: HashSet<i64> =
        answers.iter().filter(|answer| answer.code == 0).map(|answer| answer.json()["version"].as_i64().unwrap()).collect();
    assert_eq!(versions.len() as i64 * 2, taken, "each success has an event of its own");
    assert_eq!(home.head().0 as i64, 1 + taken / 2, "and none is without an answer");
    // With patience all of it goes, and no more.
    let answers = at_once(8, |_| (0..8).map(|_| home.run("resource allocate gold 2 --retry-for 5m").code).collect::<Vec<_>>());
    assert!(answers.iter().flatten().all(|code| [0, 5].contains(code)), "{answers:?}");
    assert_eq!(home.run("resource show gold -o json").ok().json()["amount"], 0);
    home.run("verify").ok();
}

fn sixteen_processes_make_the_store_at_the_same_moment(on: Backend) {
    for round in 0..3 {
        let home = Home::new(on);
        let answers = at_once(16, |n| match n % 4 {
            0 => home.run("init -o json"),
            1 => home.run("resource create gold --owner o --type t --amount 5 --max 5"),
            _ => home.run(&format!("stream append a-{n} --type t --data {{}}")),
        });
        let made = answers.iter().filter(|answer| answer.out.contains("\"made\": true")).count();
        assert!(made <= 1, "{answers:?}");
        let codes: Vec<i32> = answers.iter().map(|answer| answer.code).collect();
        let created = (0..16).filter(|n| n % 4 == 1 && codes[*n] == 0).count();
        assert!(
            created == 1 && codes.iter().enumerate().all(|(n, code)| *code == 0 || (n % 4 == 1 && *code == 5)),
            "{answers:?}"
        );
        assert_eq!(home.head().0, 9, "round {round}");
    }
}

fn two_runners_of_a_projection_double_nothing(on: Backend) {
    let home = Home::new(on);
    for n in 0..5 {
        home.run(&format!("resource create r{n} --owner o --type t --amount 100 --max 100")).ok();
    }
    let codes = at_once(12, |n| match n % 3 {
        0 => home.run("projection run").code,
        1 => home.run("projection rebuild resources").code,
        _ => home.run(&format!("resource allocate r{} 1 --retry-for 5m", n % 5)).code,
    });
    assert!(codes.iter().all(|code| *code == 0), "{codes:?}");
    home.run("projection run").ok();
    let rows = home.run("resource list -o ndjson").ok().lines();
    let left: i64 = rows.iter().map(|row| row["amount"].as_i64().unwrap()).sum();
    assert_eq!((rows.len(), left), (5, 500 - 4));
}

fn what_was_acknowledged_before_a_kill_is_there(on: Backend) {
    let home = Home::new(on);
    home.run("init").ok();
    let home = &home;
    let acknowledged: Vec<(String, u64)> = at_once(4, |n| {
        let mut seen = Vec::new();
        let batch = "{\"type\":\"t\",\"data\":{\"text\":\"a text of some length\"}}\n".repeat(20);
        for turn in 0..12_u64 {
            let stream = format!("s-{n}");
            let mut command = home.command();
            command.args(["stream", "append", &stream, "--batch", "-", "-o", "ndjson"]);
            let mut child = start(&mut command);
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), batch.as_bytes()).unwrap();
            if turn % 3 == 0 {
                // At any moment: while it starts, while it writes, after it has answered.
                thread::sleep(Duration::from_micros(turn * 3_500 + n as u64 * 1_700));
                signal("KILL", &child);
            }
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            child.wait().unwrap();
            if line.ends_with('\n') {
                let report: serde_json::Value = serde_json::from_str(&line).unwrap();
                seen.push((stream, report["version"].as_u64().unwrap()));
            }
        }
        seen
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(acknowledged.len() >= 32, "{}", acknowledged.len());
    home.run("verify").ok();
    let streams = home.run("stream list -o ndjson").ok().lines();
    for (stream, version) in acknowledged {
        let there = streams.iter().find(|info| info["stream"] == stream.as_str()).unwrap()["version"].as_u64().unwrap();
        assert!(there >= version && there % 20 == 0, "{stream}: {there}, acknowledged {version}");
    }
}

fn a_rebuild_that_ends_early_leaves_the_old_read_model_whole(on: Backend) {
    let home = Home::new(on);
    let ids: Vec<String> = (0..40).map(|n| format!("r{n:02}")).collect();
    for id in &ids[..4] {
        home.run(&format!("resource create {id} --owner o --type t --amount 100 --max 100")).ok();
    }
    let moves = "{\"type\":\"other\",\"data\":{\"text\":\"something to read past\"}}\n".repeat(20_000);
    home.feed("stream append other-1 --batch -", moves.as_bytes()).ok();
    let rows = home.run("projection query resources -o ndjson").ok().out;
    for (name, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
        let mut stopped = false;
        // The time until it is in the middle of it differs from machine to machine.
        for wait in (10..200).step_by(10).filter(|wait| *wait < 60 || wait % 40 == 0) {
            let mut command = home.command();
            command.args(["projection", "rebuild", "resources", "--batch", "1"]);
            let child = start(&mut command);
            thread::sleep(Duration::from_millis(wait));
            signal(name, &child);
            let output = child.wait_with_output().unwrap();
            let ended = output.status.code();
            // Before main has set up its handlers a signal ends it the hard way; after it is done, nothing happens.
            assert!(ended == code || ended.is_none() || ended == Some(0), "{name}: {output:?}");
            stopped |= ended == code;
            assert_eq!(home.run("projection query resources --stale -o ndjson").ok().out, rows, "{name}");
            let status = home.run("projection status -o json").ok().items();
            assert_eq!(status[0]["state"], "current");
        }
        assert!(stopped, "{name} never came in time");
    }
    home.run("projection rebuild resources").ok();
    assert_eq!(home.run("projection query resources --stale -o ndjson").ok().out, rows);
    assert!(home.run("projection status -o json").ok().items()[0]["rebuild_position"].is_null());
}

fn a_runner_that_follows_ends_on_a_signal(on: Backend) {
    let home = Home::seeded(on);
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut command = home.command();
        command.args(["projection", "run", "--follow"]);
        let mut child = start(&mut command);
        let mut line = String::new();
        // The pipe stays open: a follower without a reader ends by itself.
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        signal(name, &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}

/// Ends within seconds, with this code. (A signal that comes before there is a handler ends it the hard way.)
fn ends(mut child: std::process::Child, name: &str, code: i32) {
    signal(name, &child);
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None if begun.elapsed() > Duration::from_secs(10) => {
                child.kill().unwrap();
                panic!("{name} does not end it");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(ended.code() == Some(code) || ended.code().is_none(), "{name}: {ended}");
}

fn a_program_that_waits_for_its_pipes_ends_on_a_signal(on: Backend) {
    let home = Home::new(on);
    let batch = "{\"type\":\"t\",\"data\":{\"text\":\"something to fill the pipe\"}}\n".repeat(10_000);
    home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    let head = home.head();
    // Several times: which of the two is waited for first is left to chance.
    at_once(6, |n| {
        let (name, code) = if n % 2 == 0 { ("INT", 130) } else { ("TERM", 143) };
        for line in ["stream append a-1 --batch -", "stream append a-1 --type t --data -", "stream read a-1 -o ndjson"] {
            // Its stdin has no writer, its stdout no reader.
            let child = start(home.command().args(crate::cli::support::words(line)));
            thread::sleep(Duration::from_millis(200));
            ends(child, name, code);
        }
    });
    assert_eq!(home.head(), head);
}

/// A process that still has the file open when a backup is copied over it writes nothing of its own into that.
#[test]
#[cfg(target_os = "linux")]
fn a_process_that_ends_after_a_restore_leaves_the_restored_file_as_it_is() {
    let home = Home::seeded(Backend::Sqlite);
    home.run("projection run").ok();
    let file = |end: &str| home.path(&format!("store.db{end}"));
    std::fs::copy(file(""), file(".backup")).unwrap();
    let mut command = home.command();
    command.args(["projection", "run", "--follow", "-o", "ndjson"]);
    let mut follower = start(&mut command);
    let mut stdout = BufReader::new(follower.stdout.take().unwrap());
    // An answer for each event: it has the file open for writing.
    for _ in 0..3 {
        home.run("resource add gold 1").ok();
        stdout.read_line(&mut String::new()).unwrap();
    }
    signal("STOP", &follower);
    std::fs::remove_file(file("-wal")).unwrap();
    std::fs::remove_file(file("-shm")).unwrap();
    std::fs::copy(file(".backup"), file("")).unwrap();
    for _ in 0..3 {
        home.run("stream append after-1 --type t --data {}").ok();
    }
    let head = home.head();
    signal("CONT", &follower);
    // It ends by itself, with the reason.
    let output = follower.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(8), "{output:?}");
    assert_eq!(home.head(), head, "what was acknowledged after the restore is there");
    assert_eq!(home.run("stream show after-1 -o json").ok().json()["version"], 3);
    home.run("verify").ok();
}
