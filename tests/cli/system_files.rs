//! Files and limits of the system: what is no regular file, what may not be written, and the limit of file sizes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;
use crate::common::mount::Mounted;
use crate::common::mount::may_mount;
use crate::common::not_run::not_run;

fn fifo(home: &Home, name: &str) -> String {
    let path = home.path(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.display().to_string()
}

fn with_config(home: &Home, config: impl AsRef<Path>, line: &str) -> Answer {
    let mut command = home.command();
    command.env("ESCTL_CONFIG", config.as_ref()).args(words(line));
    Answer::of(start(&mut command), b"")
}

#[test]
fn a_pipe_as_configuration_file_is_refused_at_once() {
    let home = Home::seeded(Backend::Sqlite);
    let pipe = fifo(&home, "pipe");
    for line in ["stats", "context list", "context add a --store sqlite:a", "serve --listen 127.0.0.1:0"] {
        with_config(&home, &pipe, line).fails(9, &format!("{pipe}: expected a regular file, found a pipe"));
    }
    with_config(&home, "/dev/null", "stats").ok();
    with_config(&home, "/dev/null", "context add a --store sqlite:a").fails(2, "not a regular file");
}

#[test]
fn a_pipe_with_a_writer_holds_data_like_a_file() {
    let home = Home::new(Backend::Sqlite);
    let pipe = fifo(&home, "pipe");
    for (line, text) in [
        (format!("stream append a-1 --batch {pipe}"), "{\"type\":\"t\",\"data\":{}}\n"),
        (format!("stream append a-1 --type t --data @{pipe}"), "{\"n\":1}"),
        (format!("doc create d --file {pipe}"), "{}"),
        (format!("scenario check {pipe}"), "name: x\nsteps: []\n"),
    ] {
        let to = pipe.clone();
        let writer = thread::spawn(move || fs::write(to, text));
        home.run(&line).ok();
        writer.join().unwrap().unwrap();
    }
    // Without a reader there is nothing to write a report to.
    home.file("a.yaml", "name: x\nsteps: []\n");
    let mut command = home.command();
    command.env_remove("ESCTL_STORE").args(["scenario", "run", "a.yaml", "--junit", &pipe]);
    let answer = Answer::of(start(&mut command), b"");
    assert_eq!(answer.code, 6, "{answer:?}");
    assert!(answer.err.contains(&pipe), "{answer:?}");
}

#[test]
fn a_folder_where_a_file_is_wanted_is_2_and_named() {
    let home = Home::new(Backend::Sqlite);
    fs::create_dir(home.path("folder")).unwrap();
    home.file("a.yaml", "name: x\nsteps: []\n");
    for line in [
        "stream append a-1 --batch folder",
        "stream append a-1 --type t --data @folder",
        "doc create d --file folder",
        "doc create d --data @folder",
        "doc update d --merge @folder",
        "doc patch d --patch @folder",
        "scenario check folder",
        "scenario run folder",
        "scenario run a.yaml --junit folder",
        "replay a-1 --reducer @folder",
        "projection create p --all --key .stream --reduce @folder",
        "serve --listen 127.0.0.1:0 --jwt-secret-file folder",
        "serve --listen 127.0.0.1:0 --jwt-public-key-file folder",
        "bench serve --url http://127.0.0.1:1 --token-file folder",
        "--store sqlite:folder stats",
        "--store sqlite:folder init",
        "--store sqlite:folder/ init",
        "--store sqlite:folder replay --all --into sqlite:copy.db",
    ] {
        let mut command = home.command();
        if line.starts_with("scenario") {
            command.env_remove("ESCTL_STORE");
        }
        command.args(words(line));
        Answer::of(start(&mut command), b"").fails(2, "folder");
    }
    home.run("stream append a-1 --type t --data {}").ok();
    home.run("replay --all --into sqlite:folder").fails(2, "folder");
    with_config(&home, home.path("folder"), "stats").fails(2, "folder");
    with_config(&home, home.path("folder"), "context add a --store sqlite:a").fails(2, "folder");
    home.run("man --dir a.yaml").fails(2, "a.yaml");
    assert!(home.path("folder").read_dir().unwrap().next().is_none());
}

/// A command under a limit of file sizes, in blocks of 512 bytes.
fn limited(home: &Home, blocks: u32, line: &str) -> Command {
    let mut command = home.command();
    let program = command.get_program().to_owned();
    let environment: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new("sh");
    command.env_clear().envs(environment).current_dir(home.path(""));
    command.arg("-c").arg(format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")).arg(program).args(words(line));
    command
}

#[test]
fn at_the_limit_of_file_sizes_the_answer_is_6_and_the_store_is_whole() {
    let home = Home::seeded(Backend::Sqlite);
    let batch: String = (0..2000).map(|n| format!("{{\"type\":\"t\",\"data\":{{\"n\":{n},\"text\":\"abcdefgh\"}}}}\n")).collect();
    home.file("batch.ndjson", &batch);
    for blocks in [0, 1, 40, 200] {
        let line = "stream append big-1 --batch batch.ndjson";
        let answer = Answer::of(start(&mut limited(&home, blocks, line)), b"");
        assert!(answer.code == 6, "{blocks} blocks: {answer:?}");
        let new = Answer::of(start(&mut limited(&home, blocks.min(8), &format!("--store sqlite:new{blocks}.db init"))), b"");
        assert!(new.code == 6, "{blocks} blocks: {new:?}");
        home.run("verify").ok();
    }
    // The results of a reader and a file that is written whole.
    home.run("stream append big-1 --batch batch.ndjson").ok();
    let results = fs::File::create(home.path("results")).unwrap();
    let mut reader = limited(&home, 40, "stream read --all -o ndjson");
    let answer = Answer::of(reader.stdin(Stdio::piped()).stdout(results).stderr(Stdio::piped()).spawn().unwrap(), b"");
    assert_eq!(answer.code, 6, "{answer:?}");
    home.run("context add a --store sqlite:a").ok();
    let before = fs::read(home.path("XDG_CONFIG_HOME/esctl/config.toml")).unwrap();
    let answer = Answer::of(start(&mut limited(&home, 0, "context add b --store sqlite:b")), b"");
    assert_eq!(answer.code, 6, "{answer:?}");
    assert_eq!(fs::read(home.path("XDG_CONFIG_HOME/esctl/config.toml")).unwrap(), before);
    assert_eq!(home.path("XDG_CONFIG_HOME/esctl").read_dir().unwrap().count(), 1);
}

#[test]
fn twelve_processes_that_add_contexts_at_once_lose_none() {
    let home = Home::new(Backend::Sqlite);
    // A reader in between never sees a part of the file.
    for round in 0..5 {
        let children: Vec<_> = (0..12)
            .map(|n| {
                let mut command = home.command();
                start(command.args(["context", "add", &format!("c{round}-{n}"), "--store", "sqlite:a", "--use"]))
            })
            .collect();
        for _ in 0..5 {
            home.run("context list -o json").ok();
        }
        for child in children {
            Answer::of(child, b"").ok();
        }
    }
    let names: Vec<String> =
        home.run("context list -o json").ok().items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 60, "{names:?}");
    // Of twelve that add the same name one succeeds.
    let same: Vec<_> =
        (0..12).map(|n| start(home.command().args(["context", "add", "same", "--store", &format!("sqlite:{n}")]))).collect();
    let codes: Vec<i32> = same.into_iter().map(|child| Answer::of(child, b"").code).collect();
    assert_eq!((codes.iter().filter(|code| **code == 0).count(), codes.iter().filter(|code| **code == 4).count()), (1, 11));
    // And of twelve that remove it.
    let gone: Vec<_> = (0..12).map(|_| start(home.command().args(["context", "remove", "same", "--yes"]))).collect();
    let codes: Vec<i32> = gone.into_iter().map(|child| Answer::of(child, b"").code).collect();
    assert_eq!((codes.iter().filter(|code| **code == 0).count(), codes.iter().filter(|code| **code == 3).count()), (1, 11));
    assert_eq!(home.path("XDG_CONFIG_HOME/esctl").read_dir().unwrap().count(), 1);
}

#[test]
fn files_that_are_written_again_are_never_half_there() {
    let home = Home::new(Backend::Sqlite);
    let steps = "  - {advance: 1m}\n".repeat(50);
    home.file("a.yaml", (0..100).map(|n| format!("name: n{n}\nsteps:\n{steps}---\n")).collect::<String>());
    let run = |line: &str| {
        let mut command = home.command();
        start(command.env_remove("ESCTL_STORE").args(words(line)))
    };
    Answer::of(run("scenario run a.yaml --junit j.xml"), b"").ok();
    Answer::of(run("man --dir man"), b"").ok();
    for _ in 0..3 {
        let mut children =
            [run("scenario run a.yaml --junit j.xml"), run("man --dir man"), run("scenario run a.yaml --junit j.xml")];
        while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            let report = fs::read_to_string(home.path("j.xml")).unwrap();
            assert!(report.trim_end().ends_with("</testsuites>"), "{} bytes", report.len());
            let page = fs::read_to_string(home.path("man/esctl.1")).unwrap();
            assert!(page.contains(".SH EXAMPLES"), "{} bytes", page.len());
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Returns a read-only file system with the store and an empty configuration.
fn read_only_disk(home: &Home) -> Mounted {
    let at = home.path("disk");
    fs::create_dir(&at).unwrap();
    let disk = Mounted::on(&at, "size=16m");
    fs::copy(home.path("store.db"), at.join("store.db")).unwrap();
    fs::write(at.join("config.toml"), "").unwrap();
    disk.remount("ro");
    disk
}

#[test]
fn a_file_system_that_is_read_only_is_6_and_named() {
    if !may_mount() {
        return not_run("only root may mount a file system");
    }
    let home = Home::seeded(Backend::Sqlite);
    rusqlite::Connection::open(home.path("store.db"))
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let _disk = read_only_disk(&home);
    let disk = home.path("disk").display().to_string();
    home.run(&format!("--store sqlite:{disk}/store.db stats")).ok();
    for line in ["resource allocate gold 1", "stream append a-1 --type t --data {}"] {
        home.run(&format!("--store sqlite:{disk}/store.db {line}")).fails(6, "store.db: the file system is read-only");
    }
    for line in ["init", "stream append a-1 --type t --data {}"] {
        home.run(&format!("--store sqlite:{disk}/new.db {line}")).fails(6, "new.db: the file system is read-only");
    }
    with_config(&home, format!("{disk}/config.toml"), "context add a --store sqlite:a").fails(6, "ead-only");
    home.run(&format!("man --dir {disk}/man")).fails(6, "ead-only");
    home.file("a.yaml", "name: x\nsteps: []\n");
    home.run(&format!("scenario run a.yaml --junit {disk}/j.xml")).fails(6, "ead-only");
}
