//! A bot that plays legal moves, using only what its player may see. For demos, load and property tests.

use serde_json::Value;
use serde_json::json;

use crate::domain::game::cards;
use crate::domain::game::cards::Merchant;
use crate::domain::game::cards::MerchantKind;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;
use crate::domain::game::deck::Random;
use crate::domain::game::state::Game;
use crate::domain::game::state::Player;

/// Probability that a bot with a choice acquires a merchant, in percent.
const ACQUIRES: usize = 20;

/// Plays for one player. The same seed leads to the same moves.
#[derive(Debug, Clone)]
pub struct Bot {
    random: Random,
}

impl Bot {
    /// Creates a bot that uses this seed for its choices.
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed) }
    }

    /// Returns the next command of the player whose turn it is, with its payload; `None` if the game is not being
    /// played.
    pub fn next(&mut self, game: &Game) -> Option<(&'static str, Value)> {
        let player = game.current()?;
        let player_id = &player.player_id;
        if !game.acted {
            return Some(self.act(game, player));
        }
        let over = player.caravan.total().saturating_sub(game.caravan_capacity);
        if over == 0 {
            return Some(("game.endTurn", json!({ "player_id": player_id })));
        }
        // The lowest crystals are worth least.
        let crystals = self.lowest(player.caravan, over as usize).into_iter().collect::<Crystals>();
        Some(("game.discard", json!({ "player_id": player_id, "crystals": crystals })))
    }

    fn act(&mut self, game: &Game, player: &Player) -> (&'static str, Value) {
        let player_id = &player.player_id;
        let affordable = |card: &&str| cards::point_card(card).is_some_and(|card| player.caravan.minus(card.costs).is_some());
        let worth = |card: &&str| cards::point_card(card).map_or(0, |card| card.points);
        let row = game.point_row.iter().map(String::as_str);
        if let Some((index, _)) = row.enumerate().filter(|(_, card)| affordable(card)).max_by_key(|(_, card)| worth(card)) {
            return ("game.claim", json!({ "player_id": player_id, "index": index }));
        }
        let held = player.caravan.total() as usize;
        if !game.market.is_empty() && (player.hand.len() + player.played.len() < 4 || self.random.below(100) < ACQUIRES) {
            let index = self.random.below(game.market.len().min(held + 1));
            let pay = self.lowest(player.caravan, index);
            return ("game.acquire", json!({ "player_id": player_id, "index": index, "pay": pay }));
        }
        let plays: Vec<Value> = player.hand.iter().filter_map(|card| self.play(player, cards::merchant(card)?)).collect();
        match plays.get(self.random.below(plays.len())) {
            Some(play) => ("game.playCard", play.clone()),
            None => ("game.rest", json!({ "player_id": player_id })),
        }
    }

    /// Returns a way to play a merchant; `None` if the player cannot pay it.
    fn play(&mut self, player: &Player, card: &Merchant) -> Option<Value> {
        let (player_id, id) = (&player.player_id, &card.id);
        match &card.kind {
            MerchantKind::Produce { .. } => Some(json!({ "player_id": player_id, "card": id })),
            MerchantKind::Trade { takes, .. } => {
                let most = takes.fits_into(player.caravan);
                let times = 1 + self.random.below(most as usize);
                (most > 0).then(|| json!({ "player_id": player_id, "card": id, "times": times }))
            }
            MerchantKind::Upgrade { steps } => {
                let below_top = Crystals { pink: 0, ..player.caravan };
                let most = (*steps as usize).min(below_top.total() as usize);
                let upgrade = self.lowest(below_top, most);
                (most > 0).then(|| json!({ "player_id": player_id, "card": id, "upgrade": upgrade }))
            }
        }
    }

    /// Returns this number of the lowest crystals, with an occasional higher one.
    fn lowest(&mut self, mut from: Crystals, count: usize) -> Vec<Crystal> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let mut there = Crystal::ALL.into_iter().filter(|crystal| from.of(*crystal) > 0);
            let skipped = self.random.below(4) / 3;
            let Some(crystal) = there.clone().nth(skipped).or_else(|| there.next()) else { break };
            from = from.minus(Crystals::from_iter([crystal])).unwrap_or_default();
            taken.push(crystal);
        }
        taken
    }
}
