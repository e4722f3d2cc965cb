//! No part of a password is printed, whatever its characters and wherever its URL was given.

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

/// Passwords of two marks with a separator of URLs between them.
const PASSWORDS: [&str; 16] = [
    "QQZ?XXQ",
    "QQZ#XXQ",
    "QQZ@XXQ",
    "QQZ/XXQ",
    "QQZ:XXQ",
    "QQZ%XXQ",
    "QQZ XXQ",
    "QQZäXXQ",
    "12?QQZ",
    "12/QQZ",
    "12#QQZ@XXQ",
    "QQZ&XXQ",
    "QQZ=XXQ",
    "QQZ%40XXQ",
    "QQZ://XXQ",
    "a:b/QQZ?c#XXQ@d",
];

fn quiet(answer: &Answer, what: &str) {
    for mark in ["QQZ", "XXQ"] {
        assert!(!answer.out.contains(mark) && !answer.err.contains(mark), "{mark} of {what}: {answer:?}");
    }
}

#[test]
fn a_password_is_in_no_output() {
    let home = Home::new(Backend::Sqlite);
    let schemes = ["postgres://", "mongodb://", "redis://", "postgres:", "mysql://", ""];
    let forms = ["u:{}@127.0.0.1:1/d", "u:{}", "127.0.0.1:1/d?password={}", "127.0.0.1:1/d?authMechanismProperties={}&tls=false"];
    for (number, password) in PASSWORDS.iter().enumerate() {
        for scheme in schemes {
            for form in forms {
                // Without a host, what follows an @ is the host, and a number after a colon is a port.
                if form == "u:{}" && (password.contains('@') || *password == "12/QQZ") {
                    continue;
                }
                let url = format!("{scheme}{}", form.replace("{}", password));
                let mut command = home.command();
                command.env("ESCTL_STORE", &url).env("ESCTL_LOG", "debug").args(["--timeout", "100ms", "-o", "json", "stats"]);
                let answer = Answer::of(start(&mut command), b"");
                assert!(answer.code != 0, "{url}: {answer:?}");
                quiet(&answer, &url);
                // Each of the others meets some of the forms.
                if number % 4 == 0 {
                    for line in ["context show", "stats --timeout", "stats --limit", "stream read"] {
                        let mut command = home.command();
                        command.env("ESCTL_STORE", &url).args(words(line)).args((line != "context show").then_some(&url));
                        if line == "context show" || !scheme.is_empty() {
                            quiet(&Answer::of(start(&mut command), b""), &format!("{line} {url}"));
                        }
                    }
                    let redis = home
                        .command()
                        .args(["serve", "--listen", "127.0.0.1:0", "--redis", &format!("{url}#x")])
                        .output()
                        .unwrap();
                    let (out, err) = (String::from_utf8_lossy(&redis.stdout), String::from_utf8_lossy(&redis.stderr));
                    quiet(&Answer { code: 2, out: out.into(), err: err.into() }, &url);
                }
            }
        }
    }
}

#[test]
fn a_context_shows_its_store_without_the_password() {
    let home = Home::new(Backend::Sqlite);
    let contexts: String = PASSWORDS
        .iter()
        .enumerate()
        .map(|(n, password)| format!("[contexts.c{n}]\nstore = 'postgres://u:{password}@127.0.0.1:1/d'\n"))
        .collect();
    let config = home.file("config.toml", contexts);
    let mut lines = vec!["context list".to_owned(), "context list -o json".to_owned()];
    lines.extend(
        (0..PASSWORDS.len()).flat_map(|n| [format!("context show c{n}"), format!("--context c{n} --timeout 100ms stats -vv")]),
    );
    for line in lines {
        let mut command = home.command();
        command.env_remove("ESCTL_STORE").env("ESCTL_CONFIG", &config).args(words(&line));
        quiet(&Answer::of(start(&mut command), b""), &line);
    }
}
