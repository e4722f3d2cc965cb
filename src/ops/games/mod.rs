//! Games of Caravan: their visible state, their history, and bots that play.

mod bot;
mod history;
mod list;
mod show;

pub use bot::BotMove;
pub use bot::BotPlay;
pub use bot::Bots;
pub use history::GameHistory;
pub use history::GameHistoryEntry;
pub use list::GameSummary;
pub use list::list_games;
pub use show::show_game;
