//! The command line: the flags every command has, and the list of commands.
//!
//! Help, man pages and completions are generated from these definitions.

use std::time::Duration;

use clap::Args;
use clap::CommandFactory;
use clap::Parser;
use clap::Subcommand;

use crate::cli::demo;
use crate::cli::exit;
use crate::cli::init;
use crate::cli::output::Format;
use crate::cli::projection;
use crate::cli::resource;
use crate::cli::stats;
use crate::cli::stream;
use crate::cli::verify;
use crate::cli::when::parse_duration;

/// Operate event stores: drive a domain, look into streams, replay to any moment, rebuild read models
#[derive(Debug, Parser)]
#[command(name = "esctl", version, max_term_width = 100, arg_required_else_help = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// The flags every command has.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "Without --store the embedded store is used: a SQLite file in the user's data folder, made on the first write. \
                          'esctl demo' shows what esctl does. 'esctl help exit-codes' lists the exit codes.";

/// The flags every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Which event store: sqlite:PATH, sqlite::memory: or mongodb://HOST/DATABASE
    #[arg(long, global = true, env = "ESCTL_STORE", hide_env_values = true, value_name = "URL")]
    pub store: Option<String>,
    /// A named store from the configuration file
    #[arg(long, global = true, env = "ESCTL_CONTEXT", value_name = "NAME")]
    pub context: Option<String>,
    /// Who is asking; recorded on every event [default: the OS user]
    #[arg(long, global = true, env = "ESCTL_CLIENT", value_name = "ID")]
    pub client: Option<String>,
    /// The form of the results [default: table]
    #[arg(short, long, global = true, env = "ESCTL_OUTPUT", value_name = "FORMAT")]
    pub output: Option<Format>,
    /// No colour; the variable NO_COLOR does the same
    #[arg(long, global = true)]
    pub no_color: bool,
    /// For connecting, and for any one answer of the store [default: 30s]
    #[arg(long, global = true, env = "ESCTL_TIMEOUT", value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Answer yes to every confirmation
    #[arg(short, long, global = true)]
    pub yes: bool,
}

/// The commands. A new one is a new file and one line here.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    /// Drive resources: create, allocate, add, lock, unlock, look at them
    #[command(subcommand)]
    Resource(resource::Verb),
    /// Look into streams, follow them, append to them
    #[command(subcommand)]
    Stream(stream::Verb),
    /// Look after read models: how far they are, bring them up to date, rebuild them, ask them
    #[command(subcommand)]
    Projection(projection::Verb),
    Verify(verify::Verify),
    Stats(stats::Stats),
    Init(init::Init),
}

/// The definition of the command line.
pub fn command() -> clap::Command {
    Cli::command().after_long_help(format!("{AFTER_HELP}\n\nExit codes:\n{}", exit_codes()))
}

/// The exit codes as lines of text.
pub fn exit_codes() -> String {
    let lines = exit::TABLE.iter().map(|row| format!("  {:>3}  {}", row.code, row.when));
    lines.collect::<Vec<_>>().join("\n")
}
