//! The list of commands, and the function that runs each.

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::bench;
use crate::cli::bisect;
use crate::cli::check;
use crate::cli::checkpoint;
use crate::cli::completions;
use crate::cli::context;
use crate::cli::copy;
use crate::cli::demo;
use crate::cli::digest;
use crate::cli::doc;
use crate::cli::domain_verb;
use crate::cli::error::CliError;
use crate::cli::game;
use crate::cli::help;
use crate::cli::init;
use crate::cli::layout;
use crate::cli::man;
use crate::cli::projection;
use crate::cli::quarantine;
use crate::cli::replay;
use crate::cli::resource;
use crate::cli::scenario;
use crate::cli::selftest;
use crate::cli::serve;
use crate::cli::snapshot;
use crate::cli::stats;
use crate::cli::stream;
use crate::cli::trace;
use crate::cli::ui;
use crate::cli::verify;
use crate::cli::write_record::Effect;

/// The commands. A new one is a new file and one line here.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::DemoArgs),
    /// A command of a domain of the application.
    #[command(skip)]
    OfDomain(domain_verb::DomainVerb),
    /// Manage resources: create, allocate, add, lock, unlock, show
    #[command(subcommand)]
    Resource(resource::ResourceVerb),
    /// Manage JSON documents and their history
    #[command(subcommand, alias = "document")]
    Doc(doc::DocVerb),
    /// Play Caravan, a turn-based card game, against players or bots
    #[command(subcommand)]
    Game(game::GameVerb),
    /// List, read, follow and append to streams
    #[command(subcommand)]
    Stream(stream::StreamVerb),
    Trace(trace::TraceArgs),
    Replay(Box<replay::ReplayArgs>),
    Bisect(Box<bisect::BisectArgs>),
    /// Manage snapshots
    #[command(subcommand)]
    Snapshot(snapshot::SnapshotVerb),
    /// Manage projections and read models
    #[command(subcommand)]
    Projection(projection::ProjectionVerb),
    /// Exclude events from every state and read model until they are released
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineVerb),
    /// Map the tables of other programs to events
    #[command(subcommand)]
    Layout(layout::LayoutVerb),
    /// Run given/when/then scenarios
    #[command(subcommand)]
    Scenario(scenario::ScenarioVerb),
    Verify(verify::VerifyArgs),
    /// Show the places that projections and other readers have reached
    #[command(subcommand)]
    Checkpoint(checkpoint::CheckpointVerb),
    /// Check a store for monitoring, with exit codes 0 to 3
    #[command(subcommand)]
    Check(check::CheckVerb),
    Digest(digest::DigestArgs),
    Copy(Box<copy::CopyArgs>),
    Stats(stats::StatsArgs),
    Ui(ui::UiArgs),
    Serve(Box<serve::ServeArgs>),
    Init(init::InitArgs),
    Selftest(selftest::SelftestArgs),
    /// Benchmark a store against the bare database
    #[command(subcommand)]
    Bench(bench::BenchVerb),
    /// Manage named stores (contexts)
    #[command(subcommand)]
    Context(context::ContextVerb),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Help(help::HelpArgs),
}

impl Command {
    /// Returns the signal, counted from 1, that ends the command in any case. `None` unless the command handles signals itself
    /// because it has something to remove before it ends.
    pub(super) fn handles_signals(&self) -> Option<usize> {
        match self {
            Self::Selftest(_) => Some(3),
            Self::Serve(_) => Some(2),
            Self::Scenario(scenario::ScenarioVerb::Run(_)) => Some(1),
            Self::Projection(projection::ProjectionVerb::Run(run)) if run.follows() => Some(1),
            _ => None,
        }
    }

    /// Returns the effect that the command has on a store or on files.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::OfDomain(verb) => verb.effect(),
            Self::Resource(verb) => verb.effect(),
            Self::Doc(verb) => verb.effect(),
            Self::Game(verb) => verb.effect(),
            Self::Stream(verb) => verb.effect(),
            Self::Replay(replay) => replay.effect(),
            Self::Snapshot(verb) => verb.effect(),
            Self::Quarantine(verb) => verb.effect(),
            Self::Projection(verb) => verb.effect(),
            Self::Scenario(verb) => verb.effect(),
            Self::Context(verb) => verb.effect(),
            Self::Man(man) => man.effect(),
            Self::Demo(demo) => demo.effect(),
            Self::Init(_) | Self::Copy(_) => Effect::Repeatable,
            Self::Trace(_)
            | Self::Bisect(_)
            | Self::Layout(_)
            | Self::Verify(_)
            | Self::Checkpoint(_)
            | Self::Check(_)
            | Self::Digest(_)
            | Self::Stats(_)
            | Self::Ui(_)
            | Self::Serve(_)
            | Self::Selftest(_)
            | Self::Bench(_)
            | Self::Completions(_)
            | Self::Help(_) => Effect::Reads,
        }
    }

    /// Returns true unless the command works without the named store, or beside it.
    pub(super) fn opens_the_store(&self) -> bool {
        !matches!(self, Self::Context(_) | Self::Man(_) | Self::Scenario(_))
    }

    /// Returns true for a command that works on a store of another program, or that does not open the named store.
    pub(super) fn works_with_a_layout(&self) -> bool {
        match self {
            Self::Stream(verb) => verb.effect() == Effect::Reads,
            Self::Snapshot(verb) => verb.effect() == Effect::Reads,
            Self::Replay(replay) => replay.reads_only_events(),
            Self::Bench(verb) => verb.can_read_with_layout(),
            Self::Trace(_)
            | Self::Bisect(_)
            | Self::Copy(_)
            | Self::Digest(_)
            | Self::Stats(_)
            | Self::Verify(_)
            | Self::Checkpoint(_)
            | Self::Check(_)
            | Self::Layout(_)
            | Self::Demo(_)
            | Self::Scenario(_)
            | Self::Context(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => true,
            _ => false,
        }
    }

    /// Returns true for a command that serves many clients at once.
    pub(super) fn has_many_clients(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Returns true for a command that records nothing under the client's name, where `--client` has no effect.
    pub(super) fn only_reads(&self) -> bool {
        match self {
            Self::OfDomain(_)
            | Self::Stream(_)
            | Self::Resource(_)
            | Self::Doc(_)
            | Self::Game(_)
            | Self::Projection(_)
            | Self::Quarantine(_) => self.effect() == Effect::Reads,
            Self::Snapshot(_)
            | Self::Trace(_)
            | Self::Bisect(_)
            | Self::Layout(_)
            | Self::Replay(_)
            | Self::Verify(_)
            | Self::Checkpoint(_)
            | Self::Check(_)
            | Self::Digest(_)
            | Self::Stats(_)
            | Self::Ui(_) => true,
            _ => false,
        }
    }

    /// Returns true for a command with `--by`.
    pub(super) fn filters_by_client(&self) -> bool {
        matches!(
            self,
            Self::Stream(stream::StreamVerb::Read(_) | stream::StreamVerb::Tail(_))
                | Self::Resource(resource::ResourceVerb::History(_))
                | Self::Doc(doc::DocVerb::History(_))
                | Self::Game(game::GameVerb::History(_))
        )
    }

    /// Returns the hint on how to go on after an interrupt, if the command has one of its own.
    pub(super) fn after_interrupt(&self) -> Option<&'static str> {
        match self {
            Self::Projection(projection::ProjectionVerb::Rebuild(_)) => {
                Some("the old read model still answers; run the same command again to continue")
            }
            _ => None,
        }
    }
}

/// Runs a command.
pub(super) async fn run(command: Command, app: &App) -> Result<(), CliError> {
    match command {
        Command::Demo(args) => args.run(app).await,
        Command::OfDomain(verb) => verb.run(app).await,
        Command::Resource(verb) => resource::run(verb, app).await,
        Command::Doc(verb) => doc::run(verb, app).await,
        Command::Game(verb) => game::run(verb, app).await,
        Command::Stream(verb) => stream::run(verb, app).await,
        Command::Trace(args) => args.run(app).await,
        Command::Replay(args) => args.run(app).await,
        Command::Bisect(args) => args.run(app).await,
        Command::Snapshot(verb) => snapshot::run(verb, app).await,
        Command::Projection(verb) => projection::run(verb, app).await,
        Command::Quarantine(verb) => quarantine::run(verb, app).await,
        Command::Layout(verb) => layout::run(verb, app).await,
        Command::Scenario(verb) => scenario::run(verb, app).await,
        Command::Verify(args) => args.run(app).await,
        Command::Checkpoint(verb) => checkpoint::run(verb, app).await,
        Command::Check(verb) => check::run(verb, app).await,
        Command::Digest(args) => args.run(app).await,
        Command::Copy(args) => args.run(app).await,
        Command::Stats(args) => args.run(app).await,
        Command::Ui(args) => args.run(app).await,
        Command::Serve(args) => args.run(app).await,
        Command::Init(args) => args.run(app).await,
        Command::Selftest(args) => args.run(app).await,
        Command::Context(verb) => context::run(verb, app),
        Command::Completions(args) => args.run(app),
        Command::Man(args) => args.run(app),
        Command::Help(args) => args.run(app),
        Command::Bench(verb) => bench::run(verb, app).await,
    }
}
