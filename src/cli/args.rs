//! The command line: the flags that every command has, and the list of commands.
//!
//! Help, man pages and completions are generated from these definitions.

use clap::ArgMatches;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;

use crate::cli::commands::Command;
use crate::cli::domain_verb;
use crate::cli::domain_verb::DomainVerb;
use crate::cli::examples;
use crate::cli::examples::with_examples;
use crate::cli::globals::Globals;

/// Operate event stores: send commands, read streams, replay to any moment, rebuild read models
#[derive(Debug, Parser)]
#[command(name = "esctl", version, max_term_width = 100, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    /// The flags that every command has.
    #[command(flatten)]
    pub globals: Globals,
    /// The command to run.
    #[command(subcommand)]
    pub command: Command,
}

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

/// Builds the arguments from what clap matched.
pub(super) fn parsed(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    match DomainVerb::typed(matches)? {
        Some(verb) => Ok(Cli { globals: Globals::from_arg_matches(matches)?, command: Command::OfDomain(verb) }),
        None => Cli::from_arg_matches(matches),
    }
}

/// Returns the definition of the command line, with the domains that are installed.
pub fn command() -> clap::Command {
    let examples = examples::MAIN.map(|example| format!("  {example}\n")).concat();
    with_examples(take_negative_numbers(Cli::command().subcommands(domain_verb::commands())))
        .after_help(format!("Examples:\n{examples}\n{AFTER_HELP}"))
}
