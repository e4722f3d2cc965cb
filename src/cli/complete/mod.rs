//! Completion while somebody types: a shell asks with `COMPLETE=SHELL esctl -- WORDS`, before anything else of
//! the program begins.
//!
//! It ends soon, and whatever goes wrong it says nothing: it stands in the middle of somebody's command line.

mod ask;
mod bash;
mod line;
mod values;
mod zsh;

#[cfg(test)]
mod tests;

use std::env;
use std::ffi::OsString;
use std::panic;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use clap_complete::CompleteEnv;
use clap_complete::Shell;
use clap_complete::env::Elvish;
use clap_complete::env::EnvCompleter;
use clap_complete::env::Fish;
use clap_complete::env::Powershell;
use clap_complete::env::Shells;

use crate::cli::args;
use crate::cli::complete::ask::Asker;
use crate::cli::complete::bash::Bash;
use crate::cli::complete::zsh::Zsh;
use crate::cli::end;
use crate::cli::error::CliError;
use crate::cli::exit;
use crate::cli::output::Output;
use crate::cli::usage;

/// The variable that names the shell that asks.
const VARIABLE: &str = "COMPLETE";

/// How long the answer may take, so that all of it takes no longer than 300 ms.
const LIMIT: Duration = Duration::from_millis(250);

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a shell that asks; none: nobody asks, and the command line means what it says.
pub(super) fn answer(arguments: &[OsString]) -> Option<u8> {
    let deadline = Instant::now() + LIMIT;
    let shell = env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    panic::set_hook(Box::new(|_| {}));
    let asks = arguments.iter().any(|word| word == "--");
    let asker = Arc::new(Asker::new(line::words(&shell, arguments), line::quotes(&shell), deadline));
    let folder = env::current_dir().ok();
    let factory = || values::with_values(args::command(), &asker);
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

/// What a shell has to read so that it asks; none where that is not safe to have.
pub(super) fn registration(shell: Shell) -> Option<Vec<u8>> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Elvish => &Elvish,
        // The script that there is for PowerShell evaluates what was typed so far.
        _ => return None,
    };
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "esctl", "esctl", "esctl", &mut script).ok()?;
    Some(script)
}
