//! Variables of the environment: an empty one counts as unset, an unknown value is refused as that of the flag.

use crate::cli::support::Answer;
use crate::cli::support::Home;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

fn with(home: &Home, variables: &[(&str, &str)], line: &str) -> Answer {
    let mut command = home.command();
    command.envs(variables.iter().copied()).args(words(line));
    Answer::of(start(&mut command), b"")
}

/// Returns every variable of esctl that is in its help and in that of `serve`.
fn all(home: &Home) -> Vec<String> {
    let help = ["--help", "serve --help"].map(|line| home.run(line).ok().out).concat();
    let mut names: Vec<String> =
        help.split("[env: ").skip(1).map(|rest| rest[..rest.find(']').unwrap()].trim_end_matches('=').to_owned()).collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 20 && names.iter().all(|name| name.starts_with("ESCTL_")), "{names:?}");
    names
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let home = Home::seeded(Backend::Sqlite);
    let names = all(&home);
    let plain = home.run("-o json stats").ok();
    for name in names.iter().chain([&"ESCTL_LOG".to_owned(), &"ESCTL_CONFIG".to_owned()]) {
        let line = format!("--store {} -o json stats", home.store());
        let answer = with(&home, &[(name, "")], &line).ok();
        assert_eq!((answer.out, answer.err), (plain.out.clone(), plain.err.clone()), "{name}");
        // It stays in the help, and a value that is wrong by itself still names the argument.
        for line in ["--help", "serve --help"] {
            assert_eq!(with(&home, &[(name, "")], line).ok().out, home.run(line).ok().out, "{name} {line}");
        }
    }
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    for line in ["", "stream", "-o json projection"] {
        let (answer, plain) = (with(&home, &empty, line), home.run(line));
        assert_eq!((answer.code, answer.out, answer.err), (2, plain.out, plain.err), "{line}");
    }
    let mut serve = home.command();
    serve.envs(empty.iter().copied()).args(["--store", home.store(), "serve", "--listen", "192.0.2.1:0"]);
    // Without a key only this machine is served: so the empty variable names no key.
    Answer::of(start(&mut serve), b"").fails(2, "without a key");
    // Without a store in the environment the embedded one counts.
    let mut command = home.command();
    command.env("ESCTL_STORE", "").args(["stats"]);
    Answer::of(start(&mut command), b"").fails(3, "esctl.db");
    let shown =
        with(&home, &[("ESCTL_STORE", ""), ("ESCTL_CLIENT", ""), ("ESCTL_CONTEXT", "")], "-o json context show").ok().json();
    assert_eq!(shown["settings"]["store"]["from"], "default");
    assert_eq!(shown["settings"]["client"]["from"], "default");
}

#[test]
fn an_unknown_value_is_refused_as_that_of_the_flag() {
    let home = Home::seeded(Backend::Sqlite);
    for (variable, flag, value) in [
        ("ESCTL_OUTPUT", "--output", "xml"),
        ("ESCTL_OUTPUT", "--output", "JSON"),
        ("ESCTL_TIMEOUT", "--timeout", "soon"),
        ("ESCTL_TIMEOUT", "--timeout", "0s"),
        ("ESCTL_CLIENT", "--client", " "),
        ("ESCTL_CONTEXT", "--context", "none"),
        ("ESCTL_STORE", "--store", "mysql://h/d"),
        ("ESCTL_ACCEPT_CLOCK", "", "perhaps"),
    ] {
        for line in ["stats", "stream list", "resource show gold", "context show", "completions bash", "verify"] {
            let mut command = home.command();
            command.env_remove("ESCTL_STORE").env(variable, value).args(words(line));
            let by_variable = Answer::of(start(&mut command), b"");
            if flag.is_empty() {
                by_variable.fails(2, value);
                continue;
            }
            let mut command = home.command();
            command.env_remove("ESCTL_STORE").args([flag, value]).args(words(line));
            let by_flag = Answer::of(start(&mut command), b"");
            assert_eq!((by_variable.code, &by_variable.err), (by_flag.code, &by_flag.err), "{variable}={value} {line}");
        }
    }
    for value in ["verbose", "esctl=verbos", "debugg", "5x"] {
        with(&home, &[("ESCTL_LOG", value)], "stats").fails(2, "ESCTL_LOG");
    }
    for value in ["debug", "INFO", "esctl=debug", "esctl=info,sqlx=warn", "off"] {
        with(&home, &[("ESCTL_LOG", value)], "stats").ok();
    }
    for (variable, value) in [("PGSSLMODE", "yes"), ("PGSSLMODE", "verify_full"), ("PGPORT", "x"), ("PGPORT", "99999")] {
        let answer = with(&home, &[(variable, value)], "--store postgres://u:hidden@127.0.0.1/d --timeout 1s stats");
        answer.fails(2, &format!("the variable {variable} has the unknown value \"{value}\""));
    }
}
