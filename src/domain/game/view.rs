//! The typed view of a game, with all fields of the server.

use serde::Serialize;

use crate::domain::game::cards;
use crate::domain::game::cards::MerchantKind;
use crate::domain::game::cards::PointCard;
use crate::domain::game::crystal::Crystals;
use crate::domain::game::event::Coin;
use crate::domain::game::event::Score;
use crate::domain::game::state::Coins;
use crate::domain::game::state::Game;
use crate::domain::game::state::Phase;
use crate::domain::game::state::Player;
use crate::domain::game::turn::score;
use crate::event::Timestamp;
use crate::event::Version;

/// A game as a caller sees it. The hands of other players, the decks and the seed are in the server's view only.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = Game))]
pub struct GameView<'a> {
    /// The id.
    id: &'a str,
    /// The phase.
    phase: Phase,
    /// The number of players.
    num_players: u32,
    /// Maximum number of crystals in a caravan at the end of a turn.
    caravan_capacity: u32,
    /// Number of point cards with which a player triggers the last round.
    point_cards_to_win: u32,
    /// The round, from 1. 0 before the start.
    round: u32,
    /// True if the game ends with this round.
    last_round: bool,
    /// The player whose turn it is.
    #[cfg_attr(feature = "server", schema(required = true))]
    turn: Option<&'a str>,
    /// True if that player has used its action.
    acted: bool,
    /// The players, in the order of their turns.
    players: Vec<PlayerView<'a>>,
    /// The merchants in the market, cheapest first.
    market: Vec<MarketCardView<'a>>,
    /// The point cards on display.
    point_cards: Vec<PointCardView>,
    /// The coins above the point cards.
    coins: Coins,
    /// Number of merchants in the deck.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    merchants_left: usize,
    /// Number of point cards in the deck.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    point_cards_left: usize,
    /// The winner.
    #[cfg_attr(feature = "server", schema(required = true))]
    winner: Option<&'a str>,
    /// The scores at the end of the game.
    scores: Vec<ScoreView<'a>>,
    /// The number of events.
    version: Version,
    /// The time of creation.
    #[cfg_attr(feature = "server", schema(value_type = Timestamp))]
    created_at: Option<Timestamp>,
    /// The time of the last event.
    last_updated: Timestamp,
    /// The seed of all random choices.
    #[cfg_attr(feature = "server", schema(required = false))]
    seed: u64,
    /// The deck of merchants. The next one is last.
    #[cfg_attr(feature = "server", schema(required = false))]
    merchant_deck: &'a [String],
    /// The deck of point cards. The next one is last.
    #[cfg_attr(feature = "server", schema(required = false))]
    point_deck: &'a [String],
}

/// A player.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = Player))]
pub struct PlayerView<'a> {
    /// The id of the player.
    player_id: &'a str,
    /// The crystals in the caravan.
    caravan: Crystals,
    /// Number of merchants in the hand.
    #[cfg_attr(feature = "server", schema(value_type = u32))]
    hand_size: usize,
    /// Merchants that were played since the last rest.
    played: Vec<MerchantView<'a>>,
    /// Point cards that the player has claimed.
    point_cards: &'a [String],
    /// Points of the claimed cards.
    points: u32,
    /// Coins of the claimed cards.
    coins: Coins,
    /// The score: points, coins and crystals.
    score: u32,
    /// True if the player has left the running game.
    left: bool,
    /// Merchants in the hand. For the player itself and in the server's view.
    #[cfg_attr(feature = "server", schema(required = false))]
    hand: Vec<MerchantView<'a>>,
}

/// A merchant: it gives crystals (`produce`), upgrades them (`upgrade`), or exchanges them (`trade`).
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = Merchant))]
pub struct MerchantView<'a> {
    /// The name of the card in events.
    id: &'a str,
    /// The kind: `produce`, `upgrade` or `trade`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(nullable = false))]
    kind: Option<&'static str>,
    /// Number of upgrade steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(nullable = false))]
    steps: Option<u32>,
    /// Crystals that a trade takes each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(nullable = false))]
    takes: Option<Crystals>,
    /// Crystals that the card gives each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "server", schema(nullable = false))]
    gives: Option<Crystals>,
}

/// A merchant in the market.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = MarketCard))]
pub struct MarketCardView<'a> {
    /// The merchant.
    card: MerchantView<'a>,
    /// Crystals that other players have put on the merchant.
    crystals: Crystals,
}

/// A point card on display.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = PointCardInRow))]
pub struct PointCardView {
    /// The card.
    #[cfg_attr(feature = "server", schema(required = true))]
    card: Option<&'static PointCard>,
    /// The coin above the card: `gold` or `silver`.
    #[cfg_attr(feature = "server", schema(value_type = Option<String>, required = true))]
    coin: Option<Coin>,
}

/// The score of a player.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(as = Score))]
pub struct ScoreView<'a> {
    /// The id of the player.
    player_id: &'a str,
    /// The score: points, coins and crystals.
    score: u32,
}

impl<'a> GameView<'a> {
    /// Returns the view of a game that was created.
    pub(super) fn of(game: &'a Game, id: &'a str, version: Version) -> Self {
        let market = game.market.iter().map(|slot| MarketCardView { card: merchant(&slot.card), crystals: slot.crystals });
        let points = game.point_row.iter().enumerate();
        let points = points.map(|(index, card)| PointCardView { card: cards::point_card(card), coin: game.coin_at(index) });
        Self {
            id,
            phase: game.phase,
            num_players: game.num_players,
            caravan_capacity: game.caravan_capacity,
            point_cards_to_win: game.point_cards_to_win,
            round: game.round,
            last_round: game.last_round,
            turn: game.current().map(|player| player.player_id.as_str()),
            acted: game.acted,
            players: game.players.iter().map(player).collect(),
            market: market.collect(),
            point_cards: points.collect(),
            coins: game.coins,
            merchants_left: game.merchant_deck.len(),
            point_cards_left: game.point_deck.len(),
            winner: game.winner.as_deref(),
            scores: game.scores.iter().map(|Score { player_id, score }| ScoreView { player_id, score: *score }).collect(),
            version,
            created_at: game.created_at,
            last_updated: game.last_updated,
            seed: game.seed,
            merchant_deck: &game.merchant_deck,
            point_deck: &game.point_deck,
        }
    }
}

fn player(player: &Player) -> PlayerView<'_> {
    PlayerView {
        player_id: &player.player_id,
        caravan: player.caravan,
        hand_size: player.hand.len(),
        played: player.played.iter().map(|card| merchant(card)).collect(),
        point_cards: &player.point_cards,
        points: player.points,
        coins: player.coins,
        score: score(player),
        left: player.left,
        hand: player.hand.iter().map(|card| merchant(card)).collect(),
    }
}

fn merchant(id: &str) -> MerchantView<'_> {
    let by_name = MerchantView { id, kind: None, steps: None, takes: None, gives: None };
    match cards::merchant(id).map(|card| &card.kind) {
        // A card of a newer program is shown by its name only.
        None => by_name,
        Some(&MerchantKind::Produce { gives }) => MerchantView { kind: Some("produce"), gives: Some(gives), ..by_name },
        Some(&MerchantKind::Upgrade { steps }) => MerchantView { kind: Some("upgrade"), steps: Some(steps), ..by_name },
        Some(&MerchantKind::Trade { takes, gives }) => {
            MerchantView { kind: Some("trade"), takes: Some(takes), gives: Some(gives), ..by_name }
        }
    }
}
