//! The next turn, the end of the game, and the scores.

use crate::domain::game::event::Finished;
use crate::domain::game::event::NextTurn;
use crate::domain::game::event::Score;
use crate::domain::game::state::Game;
use crate::domain::game::state::Player;

/// Points of a gold coin.
const GOLD: u32 = 3;

/// Returns the turn after the current one; `None` if the game ends with it. `without` is a player that leaves.
pub(super) fn next_turn(game: &Game, without: Option<&str>) -> Option<NextTurn> {
    let stays = |player: &Player| !player.left && Some(player.player_id.as_str()) != without;
    if game.players.iter().filter(|player| stays(player)).count() < 2 {
        return None;
    }
    let turn = |player: &Player, round| NextTurn { player_id: player.player_id.clone(), round };
    let later = game.players.iter().skip(game.turn + 1).find(|player| stays(player));
    match later {
        Some(player) => Some(turn(player, game.round)),
        // The round is finished.
        None if game.last_round => None,
        None => game.players.iter().find(|player| stays(player)).map(|player| turn(player, game.round + 1)),
    }
}

/// Returns the score of a player: points, coins, and one for each crystal that is not yellow.
pub(super) fn score(player: &Player) -> u32 {
    let crystals = player.caravan.total() - player.caravan.yellow;
    player.points.saturating_add(GOLD * player.coins.gold + player.coins.silver).saturating_add(crystals)
}

/// Returns the end of the game. The highest score of the remaining players wins. Of equal scores, the one later in turn
/// order wins.
pub(super) fn finish(game: &Game, without: Option<&str>) -> Finished {
    let stays = |player: &&Player| !player.left && Some(player.player_id.as_str()) != without;
    let winner = game.players.iter().filter(stays).max_by_key(|player| score(player));
    let scores = game.players.iter().map(|player| Score { player_id: player.player_id.clone(), score: score(player) });
    Finished { winner: winner.map_or_else(String::new, |player| player.player_id.clone()), scores: scores.collect() }
}
