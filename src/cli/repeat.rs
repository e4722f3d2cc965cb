//! The command that repeats this run safely: the typed command line, with fixed values for everything that was random.
//!
//! It never holds a password, and names the store as the operator named it.

use std::ffi::OsString;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::cli::error::CliError;
use crate::cli::shell_quoting;
use crate::store::redact_url;

/// The command that repeats this run.
pub struct Repeat {
    /// The arguments as typed, without the name of the program.
    arguments: Mutex<Vec<OsString>>,
    /// The shell words that name the store, if no argument does.
    store: Vec<String>,
    definition: fn() -> clap::Command,
    fixed: Mutex<Vec<FixedFlag>>,
}

/// A flag that the repeated command must have.
struct FixedFlag {
    flag: &'static str,
    value: Option<String>,
}

impl Repeat {
    /// Returns the command that repeats a command line. The first argument is the name of the program; `store` are shell words that
    /// name the store.
    pub fn new(arguments: &[OsString], store: Vec<String>, definition: fn() -> clap::Command) -> Self {
        let arguments = arguments.iter().skip(1).cloned().collect();
        Self { arguments: Mutex::new(arguments), store, definition, fixed: Mutex::default() }
    }

    /// Replaces the command if a repeat is not safe, by one that shows the result. Flags that name the store stay.
    pub fn replace(&self, words: &[&str]) {
        let mut arguments = self.arguments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept: Vec<OsString> = words.iter().map(Into::into).collect();
        let mut typed = arguments.iter().take_while(|argument| *argument != "--");
        while let Some(argument) = typed.next() {
            match argument.to_str() {
                Some("--store" | "--context") => kept.extend([argument].into_iter().chain(typed.next()).cloned()),
                Some(text) if text.starts_with("--store=") || text.starts_with("--context=") => kept.push(argument.clone()),
                _ => {}
            }
        }
        *arguments = kept;
    }

    /// Gives a flag a value, in place of a typed one.
    pub fn fix(&self, flag: &'static str, value: impl Into<String>) {
        self.set(FixedFlag { flag, value: Some(value.into()) });
    }

    /// Adds a flag without a value.
    pub fn add_flag(&self, flag: &'static str) {
        self.set(FixedFlag { flag, value: None });
    }

    fn set(&self, fixed: FixedFlag) {
        let mut all = self.fixed.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.flag != fixed.flag);
        all.push(fixed);
    }

    /// Adds the command to an error, as its hint and its detail `repeat`.
    pub fn add_to(&self, error: CliError, why: &str) -> CliError {
        let RepeatLine { command, left_out, needs_stdin } = self.line();
        let mut hint = format!("{why}: {command}");
        if needs_stdin {
            hint.push_str("\nit needs the same standard input again, which is not part of the command");
        }
        if left_out {
            hint.push_str("\nthe password was left out of the URL");
        }
        error.hint(hint).with("repeat", command).with("repeat_needs_stdin", needs_stdin)
    }

    fn line(&self) -> RepeatLine {
        let fixed = self.fixed.lock().unwrap_or_else(PoisonError::into_inner);
        let url_flags = url_flags(&(self.definition)());
        let mut line = RepeatLine { command: "esctl".into(), left_out: false, needs_stdin: false };
        let mut replaced = Vec::new();
        let typed = self.arguments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut arguments = typed.iter().peekable();
        while let Some(argument) = arguments.next_if(|argument| *argument != "--") {
            let text = argument.to_string_lossy();
            let (flag, inside) = text.split_once('=').map_or((&*text, None), |(flag, value)| (flag, Some(value)));
            line.needs_stdin |= is_stdin(inside.unwrap_or(flag)) && (inside.is_none() || flag.starts_with("--"));
            let value = match fixed.iter().find(|fixed| fixed.flag == flag) {
                Some(FixedFlag { value: Some(value), .. }) => Some(value.clone()),
                Some(_) => {
                    replaced.push(flag.to_owned());
                    None
                }
                None if url_flags.iter().any(|url_flag| url_flag == flag) => {
                    let typed = inside.map(str::to_owned).or_else(|| Some(arguments.peek()?.to_string_lossy().into_owned()));
                    typed.map(|typed| line.without_secrets(&typed))
                }
                None => None,
            };
            let Some(value) = value else {
                line.push(&shell_quoting::word(argument));
                continue;
            };
            replaced.push(flag.to_owned());
            if inside.is_none() {
                arguments.next();
                line.push(flag);
                line.push(&shell_quoting::word(value.as_ref()));
            } else {
                line.push(&shell_quoting::word(format!("{flag}={value}").as_ref()));
            }
        }
        for FixedFlag { flag, value } in fixed.iter().filter(|fixed| !replaced.iter().any(|flag| flag == fixed.flag)) {
            line.push(flag);
            value.iter().for_each(|value| line.push(&shell_quoting::word(value.as_ref())));
        }
        self.store.iter().for_each(|word| line.push(word));
        arguments.for_each(|argument| line.push(&shell_quoting::word(argument)));
        line
    }
}

struct RepeatLine {
    command: String,
    /// True if a secret was left out of a URL.
    left_out: bool,
    needs_stdin: bool,
}

impl RepeatLine {
    fn push(&mut self, word: &str) {
        self.command.push(' ');
        self.command.push_str(word);
    }

    /// Returns a URL without its password and without the parameters that hold secrets.
    fn without_secrets(&mut self, url: &str) -> String {
        let shown = redact_url(url);
        if shown == url {
            return shown;
        }
        self.left_out = true;
        let (place, query) = shown.split_once('?').map_or((shown.as_str(), None), |(place, query)| (place, Some(query)));
        let place = place.replace(":***@", "@");
        let kept: Vec<&str> = query.iter().flat_map(|query| query.split('&')).filter(|part| !part.ends_with("=***")).collect();
        if kept.is_empty() { place } else { format!("{place}?{}", kept.join("&")) }
    }
}

/// Returns true for an argument that cannot be read a second time: standard input or another open pipe.
fn is_stdin(argument: &str) -> bool {
    let path = argument.strip_prefix('@').unwrap_or(argument);
    path == "-" || path == "/dev/stdin" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/")
}

/// Returns the flags whose value is a URL, as they are typed.
fn url_flags(command: &clap::Command) -> Vec<String> {
    let is_url = |arg: &&clap::Arg| arg.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == "URL"));
    let own = command.get_arguments().filter(is_url).filter_map(|arg| Some(format!("--{}", arg.get_long()?)));
    own.chain(command.get_subcommands().flat_map(url_flags)).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::Repeat;
    use crate::cli::error::CliError;

    fn repeat(arguments: &[&str], store: &[&str]) -> Repeat {
        let arguments: Vec<OsString> = [&["/usr/bin/esctl"], arguments].concat().into_iter().map(Into::into).collect();
        Repeat::new(&arguments, store.iter().map(|word| (*word).to_owned()).collect(), crate::cli::args::command)
    }

    fn added(repeat: &Repeat) -> (String, String) {
        let error = repeat.add_to(CliError::outcome_unknown("x"), "repeat it with");
        (error.failure.details["repeat"].as_str().unwrap().to_owned(), error.failure.hint.unwrap())
    }

    #[test]
    fn what_was_random_is_fixed_before_the_end_of_options() {
        let command = repeat(&["doc", "set", "--idempotency-key=a", "--", "-x", "it's=1"], &["--store", "\"$ESCTL_STORE\""]);
        command.fix("--client", "ann b");
        command.fix("--idempotency-key", "k");
        let line = "esctl doc set --idempotency-key=k --client 'ann b' --store \"$ESCTL_STORE\" -- -x 'it'\\''s=1'";
        assert_eq!(added(&command).0, line);
    }

    #[test]
    fn a_value_that_was_typed_is_replaced_and_a_flag_is_there_once() {
        let command = repeat(&["replay", "--all", "--at", "10m ago", "--if-exists"], &[]);
        command.fix("--at", "2026-01-01T00:00:00Z");
        command.add_flag("--if-exists");
        assert_eq!(added(&command).0, "esctl replay --all --at 2026-01-01T00:00:00Z --if-exists");
    }

    #[test]
    fn no_password_is_repeated() {
        let urls = [
            ("postgres://u:p@ss:w@h:5/d?schema=s", "postgres://u@h:5/d?schema=s"),
            ("postgres://u@h/d?password=pass&sslmode=require", "postgres://u@h/d?sslmode=require"),
            ("mongodb://u:p@h1,h2/d", "mongodb://u@h1,h2/d"),
        ];
        for (url, shown) in urls {
            for (words, flag) in [(&["--store", url][..], "--store "), (&["--into", url], "--into ")] {
                let (command, hint) = added(&repeat(&[&["replay"], words].concat(), &[]));
                let shown = crate::cli::shell_quoting::word(shown.as_ref());
                assert_eq!(command, format!("esctl replay {flag}{shown}"));
                assert!(hint.contains("left out") && !hint.contains("p@ss"), "{hint}");
            }
            let joined = format!("--store={url}");
            assert!(!added(&repeat(&["init", &joined], &[])).0.contains("p@"), "{joined}");
        }
    }

    #[test]
    fn another_command_on_the_same_store_can_take_its_place() {
        let command = repeat(&["--context", "work", "-q", "projection", "rollback", "x", "--store=sqlite:a b"], &[]);
        command.replace(&["projection", "status", "x"]);
        assert_eq!(added(&command).0, "esctl projection status x --context work '--store=sqlite:a b'");
    }

    #[test]
    fn standard_input_is_named() {
        for words in [&["--batch", "-"][..], &["--batch=-"], &["--data", "@-"], &["--batch", "/dev/fd/63"]] {
            assert!(added(&repeat(&[&["stream", "append", "s-1"], words].concat(), &[])).1.contains("standard input"));
        }
        assert!(!added(&repeat(&["doc", "set", "d", "x=-"], &[])).1.contains("standard input"));
    }
}
