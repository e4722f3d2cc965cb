//! The command line: the flags that every command has, and the list of commands.
//!
//! Help, man pages and completions are generated from these definitions.

use std::ffi::OsString;

use clap::ArgMatches;
use clap::Args;
use clap::FromArgMatches;
use clap::Subcommand;

use crate::cli::commands::Command;
use crate::cli::domain_verb;
use crate::cli::domain_verb::DomainVerb;
use crate::cli::examples;
use crate::cli::examples::with_examples;
use crate::cli::globals::Globals;

const ABOUT: &str = "Operate event stores: send commands, read streams, replay to any moment, rebuild read models";

const AFTER_HELP: &str = "Without --store and without a context, esctl uses the embedded store: a SQLite file in the user's data folder, \
                          created by the first write. 'esctl help COMMAND' shows the help of a command, 'esctl help exit-codes' the \
                          exit codes.";

/// Lets the value of an option look like a negative number, so that it is refused as out of range and not as an unknown flag.
fn take_negative_numbers(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let takes_value = arg.get_long().is_some() && arg.get_action().takes_values();
        if takes_value && !arg.is_allow_hyphen_values_set() { arg.allow_negative_numbers(true) } else { arg }
    });
    command.mut_subcommands(take_negative_numbers)
}

/// Builds the command and the global flags from what clap matched.
pub(super) fn parsed(matches: &ArgMatches) -> Result<(Command, Globals), clap::Error> {
    let command = match DomainVerb::typed(matches)? {
        Some(verb) => Command::OfDomain(verb),
        None => Command::from_arg_matches(matches)?,
    };
    Ok((command, Globals::from_arg_matches(matches)?))
}

/// Returns the definition of the command line, with the domains that are installed.
pub fn command() -> clap::Command {
    let examples = examples::MAIN.map(|example| format!("  {example}\n")).concat();
    with_examples(take_negative_numbers(with_commands(root())))
        .about(ABOUT)
        .after_help(format!("Examples:\n{examples}\n{AFTER_HELP}"))
}

/// Returns a definition that accepts this command line if [`command`] does, with those commands only that are named in it. To
/// prepare all of them takes longer than most commands run.
pub fn command_for(line: &[OsString]) -> clap::Command {
    let all = with_commands(clap::Command::new("all"));
    let is_named = |command: &&clap::Command| {
        let mut names = command.get_all_aliases().chain([command.get_name()]);
        names.any(|name| line.iter().any(|word| word == name))
    };
    take_negative_numbers(root().subcommands(all.get_subcommands().filter(is_named).cloned()))
}

/// Returns `esctl` with the flags that every command has.
fn root() -> clap::Command {
    let root = clap::Command::new("esctl").version(env!("CARGO_PKG_VERSION")).max_term_width(100);
    Globals::augment_args(root.subcommand_required(true).arg_required_else_help(true).disable_help_subcommand(true))
}

fn with_commands(root: clap::Command) -> clap::Command {
    Command::augment_subcommands(root).subcommands(domain_verb::commands())
}
