//! The command line: the flags every command has, and the list of commands.
//!
//! Help, man pages and completions are generated from these definitions.

use std::env;
use std::ffi::OsStr;
use std::time::Duration;

use clap::ArgAction;
use clap::ArgMatches;
use clap::Args;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Parser;
use clap::builder::BoolishValueParser;
use clap::builder::Resettable;

use crate::cli::commands::Command;
use crate::cli::domain_verb;
use crate::cli::domain_verb::DomainVerb;
use crate::cli::output::Format;
use crate::cli::values::token;
use crate::cli::when::WhenError;
use crate::cli::when::parse_duration;

/// Operate event stores: drive a domain, look into streams, replay to any moment, rebuild read models
#[derive(Debug, Parser)]
#[command(name = "esctl", version, max_term_width = 100, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    /// The flags every command has.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The first things to try.
pub(super) const EXAMPLES: [&str; 7] = [
    "esctl demo",
    "esctl resource create gold --owner ann --type coin --amount 1000 --max 5000",
    "esctl resource allocate gold 250 --reason payday",
    "esctl stream read resource-gold -o json",
    "esctl replay resource-gold --version 1",
    "esctl stream append order-7 --type order.placed --data '{\"total\":12}'",
    "esctl context add work --store sqlite:/srv/events.db --use",
];

const AFTER_HELP: &str = "Without --store and without a context the embedded store is used: a SQLite file in the user's data folder, \
                          made on the first write. 'esctl help COMMAND' says more about a command, 'esctl help exit-codes' lists \
                          the exit codes.";

/// The flags every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or
    /// mongodb://HOST/DATABASE
    #[arg(long, global = true, env = "ESCTL_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// A named store from the configuration file
    #[arg(long, global = true, env = "ESCTL_CONTEXT", hide_env_values = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Who is asking; recorded on every event [default: the OS user]
    #[arg(long, global = true, env = "ESCTL_CLIENT", hide_env_values = true, value_name = "ID", value_parser = token)]
    pub client: Option<String>,
    /// table, json, ndjson, yaml or csv [default: table]
    #[arg(
        short,
        long,
        global = true,
        env = "ESCTL_OUTPUT",
        hide_env_values = true,
        hide_possible_values = true,
        value_name = "FORMAT"
    )]
    pub output: Option<Format>,
    /// No colour; the variable NO_COLOR does the same
    #[arg(long, global = true)]
    pub no_color: bool,
    /// For connecting, and for any one answer of the store [default: 30s]
    #[arg(long, global = true, env = "ESCTL_TIMEOUT", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,
    /// Results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Answer yes to every confirmation
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Append although the clock of this machine was refused
    #[arg(long, global = true, env = "ESCTL_ACCEPT_CLOCK", hide_env_values = true, action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub accept_clock: bool,
    /// Use a server that only speaks the protocol of PostgreSQL or MongoDB
    #[arg(long, global = true, env = "ESCTL_ACCEPT_SERVER", hide_env_values = true, action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    pub accept_server: bool,
}

/// For clap: how long an answer may take; nothing can be answered in no time.
pub(super) fn timeout(text: &str) -> Result<Duration, WhenError> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err(WhenError::new(text, "leaves no time for an answer", "write it like 30s or 500ms")),
        read => read,
    }
}

/// The value of an option may look like a negative number, so that it is refused as what it is: out of
/// range, and not an unknown flag.
fn take_negative_numbers(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let takes_value = arg.get_long().is_some() && arg.get_action().takes_values();
        if takes_value && !arg.is_allow_hyphen_values_set() { arg.allow_negative_numbers(true) } else { arg }
    });
    command.mut_subcommands(take_negative_numbers)
}

/// The definition of the command line in this environment: an empty variable counts as unset.
pub(super) fn command_here() -> clap::Command {
    without_empty_variables(command())
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(without_empty_variables)
}

/// Reads what was typed.
///
/// # Errors
/// When an argument cannot be read.
pub(super) fn parsed(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    match DomainVerb::typed(matches)? {
        Some(verb) => Ok(Cli { globals: Globals::from_arg_matches(matches)?, command: Command::OfDomain(verb) }),
        None => Cli::from_arg_matches(matches),
    }
}

/// The definition of the command line, with the domains that are installed.
pub fn command() -> clap::Command {
    let examples = EXAMPLES.map(|example| format!("  {example}\n")).concat();
    take_negative_numbers(Cli::command().subcommands(domain_verb::commands()))
        .after_help(format!("Examples:\n{examples}\n{AFTER_HELP}"))
}
