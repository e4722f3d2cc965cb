//! Caravan: a turn-based card game with crystals and merchants, for two to five players.
//!
//! In the order of the flow: crystals and cards → events → state → command → decide → rejection → schema → read model →
//! bot. All of it is pure. All random choices follow from the seed in `game.created`, so a replay is exact. A player
//! sees neither the seed, nor the hands of others, nor the order of the decks.

mod access;
mod aggregate;
mod bot;
mod cards;
mod command;
mod crystal;
mod decide;
mod deck;
mod event;
mod read_model;
mod rejection;
mod schema;
mod state;
mod turn;
mod view;

pub(in crate::domain) use access::ACCESS;
pub use bot::Bot;
pub use cards::Merchant;
pub use cards::MerchantKind;
pub use cards::PointCard;
pub use command::CreateGame;
pub use command::GameCommand;
pub use command::Play;
pub use crystal::Crystal;
pub use crystal::Crystals;
pub use event::GameEvent;
pub use read_model::GAMES;
pub use rejection::GameRejection;
pub use schema::event_as_seen;
pub use schema::state_as_seen;
pub use state::Coins;
pub use state::Game;
pub use state::MarketCard;
pub use state::Phase;
pub use state::Player;
pub use view::GameView;

pub use crate::domain::access::Viewer;
