//! Schemas of states, for the OpenAPI description. The domains and `visibility` make the states themselves. A test
//! compares every answer with these schemas.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::game::Coins;
use crate::domain::game::Crystals;
use crate::domain::game::Phase;
use crate::domain::game::PointCard;
use crate::event::EventView;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::Change;
use crate::ops::ListCaveat;
use crate::ops::browse::StateReport;
use crate::server::visibility::Visibility;
use crate::server::visibility::VisibleEvent;
use crate::store::StoreError;

/// A version of a stream, as a caller sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = State)]
pub struct VisibleState {
    /// The stream.
    #[schema(value_type = String)]
    stream: StreamName,
    /// The version of the stream.
    last: Version,
    /// The event of this version.
    event: VisibleEvent,
    /// The reducer of the state: the domain of the category, else `merge`.
    reducer: String,
    /// The state after the event, at the time of the event. Null if there is none.
    state: Value,
    /// The changes from the previous state.
    changes: Vec<Change>,
    /// The reason why there is no state: an event failed to apply.
    #[schema(required = true)]
    unreadable: Option<String>,
    /// The caveats of the state. Empty if there are none.
    caveats: Vec<ListCaveat>,
}

impl VisibleState {
    /// Returns the visible part of a version.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] if the event is not JSON.
    pub fn of(report: StateReport, visibility: &Visibility) -> Result<Self, StoreError> {
        let category = report.stream.category().to_owned();
        let caveats = ListCaveat::left_out(report.left_out.len()).into_iter().collect();
        let StateReport { stream, last, event, reducer, state, changes, unreadable, .. } =
            report.visible(|state| visibility.state(&category, state));
        // The error may quote hidden fields of the event.
        let unreadable = unreadable.map(|why| match visibility.sees_all_of(&category) {
            true => why,
            false => "an event failed to apply".to_owned(),
        });
        let event = visibility.events().event(&event.view())?;
        Ok(Self { stream, last, event, reducer, state, changes, unreadable, caveats })
    }
}

/// An event without its data.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventHead {
    /// The position in the store.
    position: Position,
    /// The stream.
    stream: String,
    /// The version in the stream.
    version: Version,
    /// The type of the event.
    #[serde(rename = "type")]
    event_type: String,
    /// The time at which the event was recorded.
    recorded_at: Timestamp,
}

impl EventHead {
    /// Returns the part of an event that every caller may see.
    pub fn of(event: &EventView<'_>) -> Self {
        Self {
            position: event.position,
            stream: event.stream.to_owned(),
            version: event.version,
            event_type: event.event_type.to_owned(),
            recorded_at: event.recorded_at,
        }
    }
}

/// The events of a stream that a client has not seen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingEvents {
    /// The stream.
    #[schema(value_type = String)]
    pub stream: StreamName,
    /// The version that the client has seen.
    pub after_version: Version,
    /// The version of the stream.
    pub version: Version,
    /// The events after the version that the client has seen.
    pub items: Vec<VisibleEvent>,
    /// The version to continue after. Null if there are no more events.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A resource. The fields after `is_locked` are in the server's schema only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Resource)]
#[expect(dead_code, reason = "a description")]
pub struct ResourceView {
    /// The id.
    id: String,
    /// The owner.
    owner_id: String,
    /// The type, such as `currency`.
    resource_type: String,
    /// The amount at the requested time.
    amount: i64,
    /// The maximum amount.
    max_amount: i64,
    /// The time of the last event.
    last_updated: Timestamp,
    /// True if the resource is locked at the requested time.
    is_locked: bool,
    /// Units that regenerate per second.
    #[schema(nullable = false)]
    regeneration_rate: Option<f64>,
    /// The time up to which the recorded amount includes regeneration.
    #[schema(nullable = false)]
    last_regenerated: Option<Timestamp>,
    /// The reason of the lock.
    lock_reason: Option<String>,
    /// The time at which the lock ends.
    lock_expiry: Option<Timestamp>,
    /// The number of events.
    #[schema(nullable = false)]
    version: Option<Version>,
    /// The time of creation.
    #[schema(nullable = false)]
    created_at: Option<Timestamp>,
    /// Data of the application.
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<Map<String, Value>>,
    /// The ids of quarantined events that the state leaves out. Absent if there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<Uuid>>,
    /// The caveats of the state. Absent if there are none.
    #[schema(nullable = false)]
    caveats: Option<Vec<ListCaveat>>,
}

/// A game as a caller sees it. The hands of other players, the decks and the seed are in the server's view only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Game)]
#[expect(dead_code, reason = "a description")]
pub struct GameView {
    /// The id.
    id: String,
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
    #[schema(required = true)]
    turn: Option<String>,
    /// True if that player has used its action.
    acted: bool,
    /// The players, in the order of their turns.
    players: Vec<PlayerView>,
    /// The merchants in the market, cheapest first.
    market: Vec<MarketCardView>,
    /// The point cards on display.
    point_cards: Vec<PointCardView>,
    /// The coins above the point cards.
    coins: Coins,
    /// Number of merchants in the deck.
    merchants_left: u32,
    /// Number of point cards in the deck.
    point_cards_left: u32,
    /// The winner.
    #[schema(required = true)]
    winner: Option<String>,
    /// The scores at the end of the game.
    scores: Vec<ScoreView>,
    /// The number of events.
    version: Version,
    /// The time of creation.
    created_at: Timestamp,
    /// The time of the last event.
    last_updated: Timestamp,
    /// The seed of all random choices.
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// The deck of merchants. The next one is last.
    #[schema(nullable = false)]
    merchant_deck: Option<Vec<String>>,
    /// The deck of point cards. The next one is last.
    #[schema(nullable = false)]
    point_deck: Option<Vec<String>>,
    /// The ids of quarantined events that the state leaves out. Absent if there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<Uuid>>,
    /// The caveats of the state. Absent if there are none.
    #[schema(nullable = false)]
    caveats: Option<Vec<ListCaveat>>,
}

/// A player.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Player)]
#[expect(dead_code, reason = "a description")]
pub struct PlayerView {
    /// The id of the player.
    player_id: String,
    /// The crystals in the caravan.
    caravan: Crystals,
    /// Number of merchants in the hand.
    hand_size: u32,
    /// Merchants that were played since the last rest.
    played: Vec<MerchantView>,
    /// Point cards that the player has claimed.
    point_cards: Vec<String>,
    /// Points of the claimed cards.
    points: u32,
    /// Coins of the claimed cards.
    coins: Coins,
    /// The score: points, coins and crystals.
    score: u32,
    /// True if the player has left the running game.
    left: bool,
    /// Merchants in the hand. For the player itself and in the server's view.
    #[schema(nullable = false)]
    hand: Option<Vec<MerchantView>>,
}

/// A merchant: it gives crystals (`produce`), upgrades them (`upgrade`), or exchanges them (`trade`).
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Merchant)]
#[expect(dead_code, reason = "a description")]
pub struct MerchantView {
    /// The name of the card in events.
    id: String,
    /// The kind: `produce`, `upgrade` or `trade`.
    #[schema(nullable = false)]
    kind: Option<String>,
    /// Number of upgrade steps.
    #[schema(nullable = false)]
    steps: Option<u32>,
    /// Crystals that a trade takes each time.
    #[schema(nullable = false)]
    takes: Option<Crystals>,
    /// Crystals that the card gives each time.
    #[schema(nullable = false)]
    gives: Option<Crystals>,
}

/// A merchant in the market.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MarketCard)]
#[expect(dead_code, reason = "a description")]
pub struct MarketCardView {
    /// The merchant.
    card: MerchantView,
    /// Crystals that other players have put on the merchant.
    crystals: Crystals,
}

/// A point card on display.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointCardInRow)]
#[expect(dead_code, reason = "a description")]
pub struct PointCardView {
    /// The card.
    #[schema(required = true)]
    card: Option<PointCard>,
    /// The coin above the card: `gold` or `silver`.
    #[schema(required = true)]
    coin: Option<String>,
}

/// The score of a player.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Score)]
#[expect(dead_code, reason = "a description")]
pub struct ScoreView {
    /// The id of the player.
    player_id: String,
    /// The score: points, coins and crystals.
    score: u32,
}
