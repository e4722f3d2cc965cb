//! Stores that are files: where they cannot be, what is none, and what was damaged. These tests are bound to SQLite.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::READERS;
use crate::cli::support::WRITERS;
use crate::cli::support::signal;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

#[test]
fn a_url_of_no_backend_is_refused_with_the_list_and_never_a_file() {
    let home = Home::new(Backend::Sqlite);
    for url in
        ["nope", "a.db", "./a.db", "mysql://h/d", "sqlite", "sqlite:", "sqlite3:a.db", "SQLITE:a.db", "file:a.db", ":memory:"]
    {
        for line in READERS.iter().chain(&WRITERS) {
            let mut command = home.command();
            command.env("ESCTL_STORE", url).args(words(line));
            Answer::of(start(&mut command), b"").fails(2, "sqlite:PATH");
        }
    }
    assert_eq!(files(&home), [""; 0]);
}

fn files(home: &Home) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs a command on a file of the home; a copy, so that each command meets it as it was.
fn on(home: &Home, file: &str, line: &str) -> Answer {
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(home.path(&format!("copy.db{end}")));
    }
    let path = home.path("copy.db");
    if home.path(file).is_file() {
        fs::copy(home.path(file), &path).unwrap();
    }
    let before = fs::read(&path).ok();
    let answer = home.run(&format!("--store sqlite:{} {line}", path.display()));
    if answer.code != 0 {
        assert_eq!(fs::read(&path).ok(), before, "{line} changed the file");
    }
    answer
}

#[test]
fn a_folder_is_2_and_a_missing_parent_is_6() {
    let home = Home::new(Backend::Sqlite);
    let folder = home.path("").display().to_string();
    for line in READERS.iter().chain(&WRITERS) {
        home.run(&format!("--store sqlite:{folder} {line}")).fails(2, &folder);
    }
    for line in WRITERS {
        home.run(&format!("--store sqlite:no/such/folder.db {line}")).fails(6, "no/such/folder.db");
        home.run(&format!("--store sqlite:/proc/none.db {line}"));
    }
    assert_eq!(files(&home), [""; 0]);
}

#[cfg(unix)]
#[test]
fn paths_that_lead_nowhere_are_6() {
    let home = Home::seeded(Backend::Sqlite);
    std::os::unix::fs::symlink("loop.db", home.path("loop.db")).unwrap();
    let long = "n".repeat(300);
    for path in ["loop.db", "store.db/below.db", &long] {
        for line in READERS.iter().chain(&WRITERS) {
            home.run(&format!("--store sqlite:{path} {line}")).fails(6, path);
        }
    }
    home.run("--store sqlite:/dev/null stats").fails(6, "/dev/null");
    home.run("--store sqlite:/dev/null init").fails(6, "/dev/null");
    let odd = home.path("a b?#%25.db").display().to_string();
    home.run_args(&["--store", &format!("sqlite:{odd}"), "stream", "append", "a-1", "--type", "t", "--data", "{}"]).ok();
    home.run_args(&["--store", &format!("sqlite:{odd}"), "verify"]).ok();
    assert!(home.path("a b?#%25.db").exists());
}

#[test]
fn a_store_that_another_process_locks_is_6_within_the_timeout() {
    let home = Home::seeded(Backend::Sqlite);
    let other = rusqlite::Connection::open(home.path("store.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for line in [WRITERS[0], WRITERS[1], "resource allocate gold 1", "projection rebuild resources"] {
        let begun = Instant::now();
        let answer = home.run(&format!("--timeout 300ms {line}")).fails(6, "another process holds the lock");
        if cfg!(target_os = "linux") {
            assert!(answer.err.contains(&format!("process {}", std::process::id())), "{}", answer.err);
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{line}: {:?}", begun.elapsed());
    }
    // Readers do not wait for a writer.
    for line in ["stream read --all", "resource show gold", "stats", "verify", "stream list"] {
        home.run(&format!("--timeout 300ms {line}")).ok();
    }
    other.execute_batch("ROLLBACK").unwrap();
    home.run("resource allocate gold 1").ok();
}

#[test]
fn what_is_no_store() {
    let home = Home::seeded(Backend::Sqlite);
    settle(&home.path("store.db"));
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    home.file("noise.db", &noise);
    home.file("short.db", "hello");
    home.file("html.db", "<html>".repeat(2000));
    other_application(&home.path("other.db"));
    fs::copy(home.path("store.db"), home.path("newer.db")).unwrap();
    user_version(&home.path("newer.db"), 99);
    let whole = fs::read(home.path("store.db")).unwrap();
    home.file("half.db", &whole[..whole.len() / 2]);
    home.file("third.db", &whole[..whole.len() / 3]);
    for (file, code, part) in [
        ("noise.db", 8, "not a SQLite database"),
        ("short.db", 8, "not a SQLite database"),
        ("html.db", 8, "not a SQLite database"),
        ("other.db", 9, "another application"),
        ("newer.db", 9, "newer esctl"),
        ("half.db", 8, "damaged"),
        ("third.db", 8, "damaged"),
    ] {
        for line in READERS.iter().chain(&WRITERS) {
            let answer = on(&home, file, line).fails(code, part);
            assert!(answer.err.contains("copy.db"), "{answer:?}");
        }
    }
}

/// Brings everything into the one file, as closing the last connection does.
fn settle(path: &Path) {
    rusqlite::Connection::open(path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

fn other_application(path: &Path) {
    rusqlite::Connection::open(path).unwrap().execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
}

fn user_version(path: &Path, version: i32) {
    rusqlite::Connection::open(path).unwrap().pragma_update(None, "user_version", version).unwrap();
}

#[test]
fn a_flipped_bit_is_found_or_changes_nothing() {
    let home = Home::new(Backend::Sqlite);
    let batch: String = (0..300).map(|n| format!("{{\"type\":\"t\",\"data\":{{\"n\":{n},\"text\":\"abcdefgh\"}}}}\n")).collect();
    home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    home.run("resource create gold --owner ann --type coins --amount 100 --max 1000").ok();
    settle(&home.path("store.db"));
    let whole = fs::read(home.path("store.db")).unwrap();
    let reads = ["stream read --all -o ndjson", "stream list -o ndjson", "stream read a-1 -o csv"];
    let as_it_was = reads.map(|line| on(&home, "store.db", line).ok().out);
    let (mut found, mut seed) = (0, 12345_u64);
    for _ in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (seed >> 33) as usize % whole.len();
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (seed >> 29 & 7);
        home.file("flipped.db", &flipped);
        let verdict = on(&home, "flipped.db", "verify").code;
        assert!([0, 8, 9].contains(&verdict), "byte {at}: {verdict}");
        found += u32::from(verdict != 0);
        for (line, before) in reads.iter().zip(&as_it_was) {
            let answer = on(&home, "flipped.db", line);
            assert!([0, 8, 9].contains(&answer.code), "byte {at}: {line} {}", answer.err);
            if answer.code != 0 {
                // A long reading streams: whole rows before the damage may be there, and nothing else.
                assert!(before.starts_with(&answer.out), "byte {at}: {line}: {}", answer.out);
                assert!(answer.out.is_empty() || answer.out.ends_with('\n'), "byte {at}: {line}: half a row: {}", answer.out);
                assert_ne!(verdict, 0, "byte {at}: {line} fails and verify sees nothing: {}", answer.err);
            } else if verdict == 0 {
                assert_eq!(&answer.out, before, "byte {at}: verify says ok and {line} reads something else");
            }
        }
    }
    assert!(found > 20, "only {found} of 60 found");
}

#[cfg(unix)]
#[test]
fn a_read_only_file_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let home = Home::seeded(Backend::Sqlite);
    fs::create_dir(home.path("locked")).unwrap();
    settle(&home.path("store.db"));
    fs::copy(home.path("store.db"), home.path("locked/without-read-model.db")).unwrap();
    home.run("projection run").ok();
    settle(&home.path("store.db"));
    let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    fs::copy(home.path("store.db"), home.path("locked/a.db")).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let binary = home.path("esctl");
    if is_root {
        // Root may do everything, so this runs as a user without rights, with a program that this user cannot reach.
        fs::copy(assert_cmd::cargo::cargo_bin!("esctl"), &binary).unwrap();
        chmod(&home.path(""), 0o755);
    }
    let run_on = |store: &str, line: &str| {
        let mut command = home.command();
        if is_root {
            command = std::process::Command::new(&binary);
            command.env_clear().env("HOME", "/").uid(65534).gid(65534).current_dir("/");
        }
        command.arg("--store").arg(format!("sqlite:{}", home.path(store).display())).args(words(line));
        Answer::of(start(&mut command), b"")
    };
    let run = |line: &str| run_on("locked/a.db", line);
    for (folder, file) in [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666)] {
        chmod(&home.path("locked/a.db"), file);
        chmod(&home.path("locked"), folder);
        for line in READERS.iter().filter(|line| !line.contains("projection r")) {
            assert!(run(line).ok().err.is_empty(), "{line}");
        }
        for line in [WRITERS[0], WRITERS[1], "resource allocate gold 1", "projection rebuild resources"] {
            run(line).fails(7, "permission denied");
        }
    }
    // A read model that is not there and cannot be made is no reason not to answer; that it is slow is said.
    chmod(&home.path("locked/without-read-model.db"), 0o444);
    chmod(&home.path("locked"), 0o555);
    for line in ["resource list -o ndjson", "projection query resources --where owner_id=ann -o ndjson"] {
        let answer = run_on("locked/without-read-model.db", line).ok();
        assert_eq!(answer.out, home.run(line).ok().out);
        assert!(answer.err.contains("cannot be brought up to date"), "{}", answer.err);
        assert!(answer.err.contains("computed in memory"), "{}", answer.err);
    }
    chmod(&home.path("locked/a.db"), 0o000);
    chmod(&home.path("locked"), 0o755);
    for line in ["stats", "resource allocate gold 1"] {
        run(line).fails(7, "permission denied");
    }
}

#[test]
fn a_file_that_is_not_there_is_not_made_by_reading() {
    let home = Home::new(Backend::Sqlite);
    for line in READERS {
        home.run(line).fails(3, home.path("store.db").to_str().unwrap());
        home.run(&format!("--store sqlite:no/folder.db {line}")).fails(3, "no/folder.db");
    }
    assert_eq!(files(&home), [""; 0]);
    fs::write(home.path("empty.db"), "").unwrap();
    for line in READERS {
        on(&home, "empty.db", line).fails(3, "copy.db");
    }
    // The embedded one neither.
    let mut command = home.command();
    command.env_remove("ESCTL_STORE").args(["stats"]);
    Answer::of(start(&mut command), b"").fails(3, "esctl.db");
    let mut command = home.command();
    command.env_remove("ESCTL_STORE").args(["init"]);
    Answer::of(start(&mut command), b"").ok();
    assert!(home.path("XDG_DATA_HOME/esctl/esctl.db").exists(), "made on the first write");
}

#[test]
fn a_runner_that_follows_waits_for_a_store_that_is_busy() {
    let home = Home::seeded(Backend::Sqlite);
    let mut command = home.command();
    command.args(["projection", "run", "--follow", "--timeout", "100ms"]);
    let mut child = start(&mut command);
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    // While it is stopped there is something to do for it, and then no way to do it.
    signal("STOP", &child);
    while home.run("resource allocate gold 1").code != 0 {
        // It was stopped in mid-write, and holds the lock.
        signal("CONT", &child);
        thread::sleep(Duration::from_millis(10));
        signal("STOP", &child);
    }
    let holder = rusqlite::Connection::open(home.path("store.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    signal("CONT", &child);
    thread::sleep(Duration::from_millis(700));
    holder.execute_batch("ROLLBACK").unwrap();
    let begun = Instant::now();
    while home.run("projection status -o json").ok().items()[0]["position"] != 4 && begun.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
    }
    signal("INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(home.run("projection status -o json").ok().items()[0]["position"], 4);
}
