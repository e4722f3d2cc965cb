//! The read model `games`: one row for each game, with its state after the last event. It contains the decks and all
//! hands, so callers must not see it unfiltered.

use crate::aggregate::AggregateRows;
use crate::domain::game::state::Game;

/// The rows of all games, by id.
pub const GAMES: AggregateRows<Game> = AggregateRows::named("games").indexed(&["phase"]);
