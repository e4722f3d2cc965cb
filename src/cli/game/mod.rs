//! The commands `esctl game …`: Caravan, a turn-based card game for two to five players.

mod bot;
mod draw_game;
mod history;
mod list;
mod new;
mod player_commands;
mod show;
mod viewer;

use clap::Subcommand;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::write_record::Effect;

/// The subcommands of `esctl game`.
#[derive(Debug, Subcommand)]
pub enum GameVerb {
    New(new::GameNewArgs),
    Join(player_commands::GameJoinArgs),
    Leave(player_commands::GameLeaveArgs),
    Play(player_commands::GamePlayArgs),
    Acquire(player_commands::GameAcquireArgs),
    Rest(player_commands::GameRestArgs),
    Claim(player_commands::GameClaimArgs),
    Discard(player_commands::GameDiscardArgs),
    EndTurn(player_commands::GameEndTurnArgs),
    Show(show::GameShowArgs),
    List(list::GameListArgs),
    History(history::GameHistoryArgs),
    Bot(bot::GameBotArgs),
}

impl GameVerb {
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

pub(super) async fn run(verb: GameVerb, app: &App) -> Result<(), CliError> {
    match verb {
        GameVerb::New(args) => args.run(app).await,
        GameVerb::Join(args) => args.run(app).await,
        GameVerb::Leave(args) => args.run(app).await,
        GameVerb::Play(args) => args.run(app).await,
        GameVerb::Acquire(args) => args.run(app).await,
        GameVerb::Rest(args) => args.run(app).await,
        GameVerb::Claim(args) => args.run(app).await,
        GameVerb::Discard(args) => args.run(app).await,
        GameVerb::EndTurn(args) => args.run(app).await,
        GameVerb::Show(args) => args.run(app).await,
        GameVerb::List(args) => args.run(app).await,
        GameVerb::History(args) => args.run(app).await,
        GameVerb::Bot(args) => args.run(app).await,
    }
}
