//! The README's tour works as written: every `console` block is run by a shell, in order, in a home
//! of its own, and what it prints is held against what the README shows.
//!
//! In what is shown, `…` stands for any text within a line, and a line of only `…` for any lines.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// A command and the lines shown below it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

fn blocks(readme: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), shown.last_mut()) {
                (Some(command), _) => shown.push(Shown { command: command.to_owned(), lines: Vec::new() }),
                (None, Some(last)) if last.command.ends_with('\\') => {
                    last.command.truncate(last.command.len() - 1);
                    last.command.push_str(line.trim_start_matches("> "));
                }
                (None, Some(last)) => last.lines.push(line.to_owned()),
                (None, None) => panic!("output before any command: {line}"),
            },
        }
    }
    shown
}

/// Runs all commands in one shell; what each printed, stderr included.
fn run(home: &Path, shown: &[Shown], address: &str) -> Vec<String> {
    // What the tour leaves running ends with it, also when a command in between has gone wrong.
    let mut script = String::from("exec 2>&1\ntrap 'kill -9 $! 2>/dev/null' EXIT\n");
    for one in shown {
        // The mark must not change what `$?` says to the next command.
        script.push_str(&format!("__code=$?; echo '@@@'; (exit $__code)\n{}\n", one.command));
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_esctl"));
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(home)
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("PATH", path.as_ref()), ("TZ", "UTC".as_ref()), ("LANG", "C.UTF-8".as_ref())])
        .env("ESCTL_LISTEN", address)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split("@@@\n").skip(1).map(str::to_owned).collect()
}

/// Whether a line is as shown: `…` is any text.
fn line_fits(line: &str, shown: &str) -> bool {
    let mut parts = shown.trim_end().split('…');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = line.trim_end().strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

fn fits(lines: &[&str], shown: &[String]) -> bool {
    match (lines, shown) {
        (_, [any, rest @ ..]) if any == "…" => (0..=lines.len()).any(|skip| fits(&lines[skip..], rest)),
        ([], []) => true,
        ([line, lines @ ..], [first, rest @ ..]) => line_fits(line, first) && fits(lines, rest),
        _ => false,
    }
}

#[test]
fn the_tour_prints_what_it_shows() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    // Where the server of the tour would listen somebody may listen already.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let shown = blocks(&readme.replace("127.0.0.1:8080", &address));
    assert!(shown.len() > 15, "the README shows a tour");
    let home = tempfile::tempdir().unwrap();
    let printed = run(home.path(), &shown, &address);
    assert_eq!(printed.len(), shown.len());
    let mut wrong = Vec::new();
    for (one, printed) in shown.iter().zip(&printed) {
        let lines: Vec<&str> = printed.lines().collect();
        let wanted: Vec<String> = one.lines.iter().rev().skip_while(|line| line.is_empty()).cloned().collect();
        let wanted: Vec<String> = wanted.into_iter().rev().collect();
        if !fits(&lines, &wanted) {
            wrong.push(format!("$ {}\nshown:\n{}\nprinted:\n{printed}", one.command, wanted.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_comparison_bites() {
    let shown = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    assert!(fits(&["a 12 b", "x", "y", "end"], &shown(&["a … b", "…", "end"])));
    assert!(!fits(&["a 12 c"], &shown(&["a … b"])));
    assert!(!fits(&["a", "b"], &shown(&["a"])));
    assert!(!fits(&["a"], &shown(&["a", "b"])));
}
