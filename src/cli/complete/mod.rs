//! Dynamic completion: a shell asks with `COMPLETE=SHELL esctl -- WORDS`, before any other part of the program begins.
//!
//! It ends soon and never prints an error, because its output is part of a command line that is being typed.

mod bash;
mod command_line;
mod name_lookup;
mod zsh;

#[cfg(test)]
mod tests;

use std::env;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use clap::Command;
use clap_complete::CompleteEnv;
use clap_complete::Shell;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::engine::CompletionCandidate;
use clap_complete::engine::PathCompleter;
use clap_complete::engine::ValueCompleter;
use clap_complete::env::Elvish;
use clap_complete::env::EnvCompleter;
use clap_complete::env::Fish;
use clap_complete::env::Powershell;
use clap_complete::env::Shells;

use crate::cli::complete::bash::Bash;
use crate::cli::complete::name_lookup::NameLookup;
use crate::cli::complete::zsh::Zsh;
use crate::cli::end::end;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::name_source::NameSource;
use crate::cli::output::Output;
use crate::cli::usage;

/// The variable that names the shell that asks.
const VARIABLE: &str = "COMPLETE";

/// The time limit, so that the whole answer takes at most 300 ms.
const LIMIT: Duration = Duration::from_millis(250);

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a shell that asks for completions; none if the command line is to be run.
pub(super) fn answer(arguments: &[OsString], definition: fn() -> Command) -> Option<u8> {
    let deadline = Instant::now() + LIMIT;
    let shell = env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    panic::set_hook(Box::new(|_| {}));
    let asks = arguments.iter().any(|word| word == "--");
    let lookup = Arc::new(NameLookup::new(
        command_line::words(&shell, arguments),
        command_line::quotes_names(&shell),
        deadline,
        definition,
    ));
    let folder = env::current_dir().ok();
    let factory = || with_names(definition(), &lookup);
    let complete = || CompleteEnv::with_factory(factory).shells(SHELLS).try_complete(arguments, folder.as_deref());
    match panic::catch_unwind(AssertUnwindSafe(complete)) {
        Ok(Ok(_)) => Some(exit::DONE),
        _ if asks => Some(exit::DONE),
        Ok(Err(error)) => {
            let error = CliError::usage(format!("the variable {VARIABLE}: {error}")).code("unknown_shell");
            let error = error.hint(format!("unset {VARIABLE}: it is for shells that complete a command line"));
            Some(end(&Output::new(usage::settings(arguments)), None, Err(error)))
        }
        Err(_) => Some(exit::BUG),
    }
}

/// Returns the command line with completers for the arguments that declare a source of names.
fn with_names(command: Command, lookup: &Arc<NameLookup>) -> Command {
    let command = command.mut_args(|arg| match arg.get::<NameSource>().copied() {
        None => arg,
        Some(source) => {
            let lookup = Arc::clone(lookup);
            let complete = move |typed: &OsStr| -> Vec<CompletionCandidate> {
                let names = typed.to_str().map(|typed| lookup.names(source, typed)).unwrap_or_default();
                let mut candidates: Vec<_> = names.into_iter().map(CompletionCandidate::new).collect();
                if source == NameSource::Layouts {
                    candidates.extend(PathCompleter::file().complete(typed));
                }
                candidates
            };
            arg.add(ArgValueCompleter::new(complete))
        }
    });
    command.mut_subcommands(|command| with_names(command, lookup))
}

/// Returns the script that makes a shell ask; none if the script for that shell would not be safe.
pub(super) fn registration(shell: Shell) -> Option<Vec<u8>> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Elvish => &Elvish,
        // The script that exists for PowerShell evaluates the typed text.
        _ => return None,
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "esctl", "esctl", "esctl", &mut script).ok()?;
    Some(script)
}
