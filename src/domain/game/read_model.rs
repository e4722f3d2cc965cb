//! The read model `games`: one row for each game, its state as of its last event. For the server's own people: it holds
//! the decks and all hands.

use crate::aggregate::AggregateRows;
use crate::domain::game::state::Game;

/// All games, by id.
pub const GAMES: AggregateRows<Game> = AggregateRows::named("games").indexed(&["phase"]);
