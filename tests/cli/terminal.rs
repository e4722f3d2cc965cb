//! In a pseudo terminal: colour, progress and width are only there.
#![cfg(unix)]

use std::io::Read;
use std::io::Write;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use expectrl::Session;

use crate::cli::support::HOSTILE;
use crate::cli::support::Home;
use crate::cli::support::words;
use crate::common::backend::Backend;

crate::on_every_backend! {
    colour_is_on_a_terminal_and_can_be_turned_off
    twenty_columns_are_enough
    hostile_text_stays_text
    a_table_stops_at_100_rows_and_progress_is_removed
    at_80_columns_ids_names_and_times_stay_whole
    times_are_local_where_that_is_wanted
}

/// Runs a command line on a terminal of this width, and returns everything it wrote there.
fn on_terminal(home: &Home, columns: u16, line: &str, set: &[(&str, &str)]) -> String {
    let mut command: Command = home.command();
    command.env("TERM", "xterm-256color").envs(set.iter().copied()).args(words(line));
    // The size is set before the program can ask for it, and after the session has set its own.
    let mut script = Command::new("sh");
    script.env_clear().args(["-c", &format!("read -r _; stty cols {columns} rows 24; exec \"$@\""), "sh"]);
    script.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            script.env(name, value);
        }
    }
    script.current_dir(home.path("")).arg(command.get_program()).args(command.get_args());
    let mut session = Session::spawn(script).unwrap();
    session.write_all(b"\n").unwrap();
    let (mut seen, mut buffer, begun) = (Vec::new(), [0; 4096], Instant::now());
    loop {
        match session.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                assert!(begun.elapsed() < Duration::from_secs(20), "{}", String::from_utf8_lossy(&seen));
                std::thread::sleep(Duration::from_millis(5));
            }
            // The other end has gone.
            Err(_) => break,
        }
    }
    let _ = session.read(&mut buffer);
    let seen = String::from_utf8(seen).unwrap();
    // The echo of the line above.
    seen.strip_prefix("\r\n").map(str::to_owned).unwrap_or(seen)
}

fn colour_is_on_a_terminal_and_can_be_turned_off(on: Backend) {
    let home = Home::seeded(on);
    let esc = |set: &[(&str, &str)], line: &str| on_terminal(&home, 100, line, set).contains("\u{1b}[");
    assert!(esc(&[], "resource list"));
    assert!(esc(&[], "resource show nope"), "errors too");
    assert!(!esc(&[], "resource list --no-color"));
    assert!(!esc(&[("NO_COLOR", "1")], "resource list"));
    assert!(!esc(&[("TERM", "dumb")], "resource list"));
    assert!(!esc(&[("TERM", "dumb")], "verify"), "no progress where lines cannot be cleared");
    assert!(!home.run("resource list").ok().out.contains('\u{1b}'));
    let mut command = home.command();
    command.env("CLICOLOR_FORCE", "1").args(["resource", "list"]);
    assert!(crate::cli::support::Answer::of(crate::cli::support::start(&mut command), b"").ok().out.contains("\u{1b}[1m"));
}

fn twenty_columns_are_enough(on: Backend) {
    let home = Home::seeded(on);
    for line in ["resource list", "stream read --all", "stream list", "projection status", "resource history gold"] {
        for columns in [20, 1, 7, 79] {
            let shown = on_terminal(&home, columns, &format!("{line} --no-color"), &[("LANG", "C")]);
            assert!(
                shown.to_lowercase().contains('e') && !shown.contains("panicked") && !shown.contains('\u{1b}'),
                "{columns}: {shown}"
            );
            assert!(shown.is_ascii(), "{columns}: {shown}");
        }
    }
}

fn at_80_columns_ids_names_and_times_stay_whole(on: Backend) {
    let home = Home::seeded(on);
    let id = "018f0000-0000-7000-8000-00000000000a";
    let wrong = r#"--type resource.added --data '{"amount":"lots"}'"#;
    home.run(&format!("stream append resource-silver {wrong} --event-id {id} --force")).ok();
    home.run("projection run");
    for (line, whole) in [
        ("stream read --all", "resource-gold"),
        ("stream list", "resource-gold"),
        ("stream show resource-gold", "resource.created"),
        ("replay resource-gold --version 1 --trace", "resource.created"),
        ("projection errors resources", id),
        ("resource history gold --limit 1", "resource.created"),
        ("verify", "verdict:"),
    ] {
        for columns in [80, 60] {
            let shown = on_terminal(&home, columns, &format!("{line} --no-color --quiet"), &[("LANG", "C.UTF-8")]);
            let lines: Vec<&str> = shown.split("\r\n").collect();
            assert!(lines.iter().any(|line| line.contains(whole)), "{line}: {shown}");
            // A report is printed whole, so that it can be copied.
            let fits = lines.iter().all(|line| line.chars().count() <= usize::from(columns));
            assert!(fits || line == "verify" || line == "stream show resource-gold", "{columns}: {line}: {shown}");
        }
    }
    let wide = on_terminal(&home, 80, "stream read --all --wide --no-color", &[]);
    assert!(wide.split("\r\n").any(|line| line.chars().count() > 100 && line.contains("resource.created")), "{wide}");
}

fn times_are_local_where_that_is_wanted(on: Backend) {
    let home = Home::seeded(on);
    let seoul = [("TZ", "Asia/Seoul")];
    for line in [
        "stream read --all",
        "stream list",
        "stream show resource-gold",
        "resource show gold",
        "resource list",
        "resource history gold",
        "replay resource-gold",
        "replay resource-gold --trace",
        "resource lock gold --for 1h",
        "stats",
    ] {
        let shown = on_terminal(&home, 200, &format!("{line} --local --no-color --quiet"), &seoul);
        assert!(shown.contains("+09:00"), "{line}: {shown}");
    }
    let trace = on_terminal(&home, 200, "replay resource-gold --trace --local --no-color", &seoul);
    let until = trace.split_once("locked until ").unwrap_or_else(|| panic!("{trace}")).1;
    assert!(until.find("+09:00").is_some_and(|at| at < 25), "{trace}");
    let json = on_terminal(&home, 200, "resource show gold --local -o json --no-color", &seoul);
    assert!(!json.contains("+09:00") && json.contains("Z\""), "{json}");
}

fn hostile_text_stays_text(on: Backend) {
    let home = Home::new(on);
    home.run_args(&["resource", "create", "g", "--owner", HOSTILE, "--type", "t", "--amount", "9", "--max", "9"]).ok();
    home.run_args(&["resource", "lock", "g", "--reason", HOSTILE]).ok();
    for line in ["resource list", "resource show g", "stream read --all", "resource allocate g 1", "resource history g -o yaml"] {
        let shown = on_terminal(&home, 60, &format!("{line} --no-color"), &[]);
        let raw: Vec<char> = shown.chars().filter(|c| !matches!(c, '\r' | '\n') && esctl::event::is_unsafe(*c)).collect();
        assert!(raw.is_empty(), "{line}: {raw:?} in {shown:?}");
    }
}

fn a_table_stops_at_100_rows_and_progress_is_removed(on: Backend) {
    let home = Home::new(on);
    let batch = "{\"type\":\"t\",\"data\":{}}\n".repeat(150);
    home.feed("stream append a-1 --batch -", batch.as_bytes()).ok();
    let shown = on_terminal(&home, 100, "stream read a-1 --no-color", &[]);
    assert!(shown.contains("50 more rows") && !shown.contains("\r\n     101"), "{shown}");
    let shown = on_terminal(&home, 100, "stream read a-1 --limit 150 --no-color", &[]);
    assert!(shown.contains("\r\n     150") && !shown.contains("more rows;"), "{shown}");
    let shown = on_terminal(&home, 100, "verify --no-color", &[]);
    assert!(shown.contains("verdict:  ok"), "{shown}");
    assert_eq!(home.run("verify").ok().err, "", "no progress without a terminal");
}
