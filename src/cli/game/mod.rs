//! `esctl game`: Caravan, a turn-based card game for two to five players.

mod act;
mod bot;
mod cards;
mod history;
mod list;
mod new;
mod show;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;
use crate::domain::game::Viewer;

/// What can be done with games.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Set up a table for 2 to 5 players
    New(new::New),
    /// Sit down; the last one to do so starts the game
    Join(act::Join),
    /// Get up
    Leave(act::Leave),
    /// Play a merchant from the hand
    Play(act::Play),
    /// Take a merchant from the market, for a crystal on each of those to its left
    Acquire(act::Acquire),
    /// Take all played merchants back
    Rest(act::Rest),
    /// Pay a point card
    Claim(act::Claim),
    /// Give up crystals that the caravan cannot hold
    Discard(act::Discard),
    /// Let the next player go on
    EndTurn(act::EndTurn),
    /// Show a game, as it is or was, in full or as a player sees it
    Show(show::Show),
    /// List games
    List(list::List),
    /// Show what happened in a game
    History(history::History),
    Bot(bot::Bot),
}

impl Verb {
    /// Returns the effect of the verb.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::New(_)
            | Self::Join(_)
            | Self::Leave(_)
            | Self::Play(_)
            | Self::Acquire(_)
            | Self::Rest(_)
            | Self::Claim(_)
            | Self::Discard(_)
            | Self::EndTurn(_)
            | Self::Bot(_) => Effect::Appends,
            Self::Show(_) | Self::List(_) | Self::History(_) => Effect::Reads,
        }
    }
}

/// Runs a verb.
pub(super) async fn run(verb: Verb, app: &App) -> Result<(), CliError> {
    match verb {
        Verb::New(args) => args.run(app).await,
        Verb::Join(args) => args.run(app).await,
        Verb::Leave(args) => args.run(app).await,
        Verb::Play(args) => args.run(app).await,
        Verb::Acquire(args) => args.run(app).await,
        Verb::Rest(args) => args.run(app).await,
        Verb::Claim(args) => args.run(app).await,
        Verb::Discard(args) => args.run(app).await,
        Verb::EndTurn(args) => args.run(app).await,
        Verb::Show(args) => args.run(app).await,
        Verb::List(args) => args.run(app).await,
        Verb::History(args) => args.run(app).await,
        Verb::Bot(args) => args.run(app).await,
    }
}

/// As a player sees it, or in full.
fn viewer(player: Option<String>) -> Viewer {
    player.map_or(Viewer::Server, Viewer::Player)
}
