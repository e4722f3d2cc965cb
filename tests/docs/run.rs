//! Running a document: all its commands in one shell, in a home of its own.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::docs::blocks::Block;
use crate::docs::blocks::Server;
use crate::docs::blocks::Use;
use crate::docs::blocks::blocks;
use crate::docs::compare::fits;

/// The server of the documents. Another port is used when they are run, since this one may be in use.
const LISTEN: &str = "127.0.0.1:8080";

/// Returns an address where no server listens. A server of the document ends and starts again there, so the port must not be one
/// that the system gives to connections meanwhile: those are above 32768.
fn free_address() -> String {
    let start = 10_000 + std::process::id() % 20_000;
    let free = (start..32_000).chain(10_000..start).find(|port| TcpListener::bind(("127.0.0.1", *port as u16)).is_ok());
    format!("127.0.0.1:{}", free.expect("a free port"))
}

/// Returns the placeholder of a server's URL in a document.
fn placeholder(server: Server) -> &'static str {
    match server {
        Server::Postgres => "postgres://USER:PASSWORD@HOST/DATABASE",
        Server::Mongodb => "mongodb://USER:PASSWORD@HOST/DATABASE",
    }
}

/// A command, and the lines shown below it.
struct Shown {
    line: usize,
    command: String,
    output: Vec<String>,
}

/// Returns the commands of a block.
fn commands(block: &Block) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for (index, line) in block.text.iter().enumerate() {
        match (line.strip_prefix("$ "), shown.last_mut()) {
            (Some(command), _) => {
                shown.push(Shown { line: block.line + 1 + index, command: command.to_owned(), output: Vec::new() });
            }
            (None, Some(last)) if last.command.ends_with('\\') => {
                last.command.truncate(last.command.len() - 1);
                last.command.push_str(line.trim_start_matches("> "));
            }
            (None, Some(last)) => last.output.push(line.clone()),
            (None, None) => panic!("line {}: output before any command: {line}", block.line + 1 + index),
        }
    }
    shown
}

/// Runs the commands of a document, those on servers only if their URLs are given, and compares what they print.
///
/// # Panics
///
/// A command that prints something else, with its line and both outputs.
pub fn run(document: &str, servers: &[(Server, String)]) {
    let address = free_address();
    let mut text = document.replace(LISTEN, &address);
    for (server, url) in servers {
        text = text.replace(placeholder(*server), url);
    }
    let given = |server: &Server| servers.iter().any(|(given, _)| given == server);
    let mut script = String::from("exec 2>&1\ntrap 'kill -9 $! 2>/dev/null' EXIT\n");
    let mut shown = Vec::new();
    for block in blocks(&text).unwrap() {
        match &block.used {
            Use::Run { server } if server.as_ref().is_none_or(given) => {
                for one in commands(&block) {
                    // The mark must not change what `$?` says to the next command.
                    script.push_str(&format!("__code=$?; echo '@@@'; (exit $__code)\n{}\n", one.command));
                    shown.push(one);
                }
            }
            Use::File(name) => script.push_str(&format!("cat > '{name}' <<'@@@'\n{}\n@@@\n", block.text.join("\n"))),
            _ => {}
        }
    }
    let home = tempfile::tempdir().unwrap();
    let printed = output(home.path(), &script, &address);
    assert_eq!(printed.len(), shown.len(), "the shell ended early:\n{printed:?}");
    let wrong: Vec<String> = shown.iter().zip(&printed).filter_map(|(one, printed)| difference(one, printed)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs a script in a shell; returns what each command printed, stderr included.
fn output(home: &Path, script: &str, address: &str) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_esctl"));
    let others = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin:{others}", binary.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(home)
        .env_clear()
        .envs([("HOME", home.as_os_str()), ("PATH", path.as_ref()), ("TZ", "UTC".as_ref()), ("LANG", "C.UTF-8".as_ref())])
        .env("ESCTL_LISTEN", address)
        .env("NODE_OPTIONS", format!("--import=\"{}/tests/docs/websocket.mjs\"", env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split("@@@\n").skip(1).map(str::to_owned).collect()
}

fn difference(one: &Shown, printed: &str) -> Option<String> {
    let lines: Vec<&str> = printed.lines().collect();
    let end = one.output.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let wanted = &one.output[..end];
    if fits(&lines, wanted) {
        return None;
    }
    Some(format!("line {}: $ {}\nshown:\n{}\nprinted:\n{printed}", one.line, one.command, wanted.join("\n")))
}

#[test]
fn a_document_that_shows_something_else_is_found() {
    let run = |document: &'static str| std::panic::catch_unwind(move || run(document, &[]));
    assert!(run("```console\n$ echo a\na\n```\n").is_ok());
    assert!(run("```console\n$ echo a\nb\n```\n").is_err());
    assert!(run("<!-- file: a.txt -->\n```text\nb\n```\n```console\n$ cat a.txt\nb\n```\n").is_ok());
    // A command on a server that is not given is left out.
    assert!(run("<!-- needs: postgres -->\n```console\n$ echo a\nb\n```\n").is_ok());
}
