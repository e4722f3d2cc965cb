//! What states look like when they are seen, for the description. What is sent is made by the domains and by `sight`; a test
//! holds every answer against these.

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
use crate::server::sight::SeenEvent;
use crate::server::sight::Sight;
use crate::store::StoreError;

/// A version of a stream, as somebody sees it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = State)]
pub struct SeenState {
    /// The stream.
    #[schema(value_type = String)]
    stream: StreamName,
    /// The last version there was.
    last: Version,
    /// The event that made this version.
    event: SeenEvent,
    /// What makes the state: the category's domain, else `merge`.
    reducer: String,
    /// The state after the event, as of its moment; null where there is none.
    state: Value,
    /// What differs from the state before it.
    changes: Vec<Change>,
    /// Why there is no state, where an event cannot be taken in.
    #[schema(required = true)]
    unreadable: Option<String>,
    /// The caveats of the state; empty where there are none.
    caveats: Vec<ListCaveat>,
}

impl SeenState {
    /// What somebody sees of a version.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the event is no JSON.
    pub fn of(report: StateReport, sight: &Sight) -> Result<Self, StoreError> {
        let category = report.stream.category().to_owned();
        let caveats = ListCaveat::left_out(report.left_out.len()).into_iter().collect();
        let StateReport { stream, last, event, reducer, state, changes, unreadable, .. } =
            report.seen(|state| sight.state(&category, state));
        // What an event says that cannot be taken in may be what is hidden.
        let unreadable = unreadable.map(|why| match sight.sees_all_of(&category) {
            true => why,
            false => "an event cannot be taken in".to_owned(),
        });
        let event = sight.events().event(&event.view())?;
        Ok(Self { stream, last, event, reducer, state, changes, unreadable, caveats })
    }
}

/// That something happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventHead {
    /// Its place in the store.
    position: Position,
    /// Its stream.
    stream: String,
    /// Its place in its stream.
    version: Version,
    /// What happened.
    #[serde(rename = "type")]
    event_type: String,
    /// When it was recorded.
    recorded_at: Timestamp,
}

impl EventHead {
    /// What everybody may know of an event.
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

/// What a client has not seen of a stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingEvents {
    /// The stream.
    #[schema(value_type = String)]
    pub stream: StreamName,
    /// The version that the client has seen.
    pub after_version: Version,
    /// The stream's version.
    pub version: Version,
    /// The events after it.
    pub items: Vec<SeenEvent>,
    /// The version to ask after again, if there are more.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A resource. What comes after `is_locked` is in the server's schema only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Resource)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenResource {
    /// Its id.
    id: String,
    /// Whose it is.
    owner_id: String,
    /// What it is, for instance `currency`.
    resource_type: String,
    /// How much there is at the moment asked for.
    amount: i64,
    /// How much there can be.
    max_amount: i64,
    /// When its last event was recorded.
    last_updated: Timestamp,
    /// Whether it is locked at the moment asked for.
    is_locked: bool,
    /// Units that come back each second.
    #[schema(nullable = false)]
    regeneration_rate: Option<f64>,
    /// Up to which moment the recorded amount holds what has come back.
    #[schema(nullable = false)]
    last_regenerated: Option<Timestamp>,
    /// Why it is locked.
    lock_reason: Option<String>,
    /// Until when.
    lock_expiry: Option<Timestamp>,
    /// Its number of events.
    #[schema(nullable = false)]
    version: Option<Version>,
    /// When it was created.
    #[schema(nullable = false)]
    created_at: Option<Timestamp>,
    /// Whatever the application keeps with it.
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Option<Map<String, Value>>,
    /// The ids of quarantined events that the state leaves out; absent where there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<Uuid>>,
    /// The caveats of the state; absent where there are none.
    #[schema(nullable = false)]
    caveats: Option<Vec<ListCaveat>>,
}

/// A game as somebody sees it. The hands of others, the decks and the seed are in the server's view only.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Game)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenGame {
    /// Its id.
    id: String,
    /// How far it is.
    phase: Phase,
    /// How many play.
    num_players: u32,
    /// How many crystals a caravan holds at the end of a turn.
    caravan_capacity: u32,
    /// How many point cards somebody must claim to bring the end.
    point_cards_to_win: u32,
    /// From 1; 0 before it starts.
    round: u32,
    /// Whether the game ends with this round.
    last_round: bool,
    /// Whose turn it is.
    #[schema(required = true)]
    turn: Option<String>,
    /// Whether that player has done what a turn allows.
    acted: bool,
    /// Who plays, in the order of the turns.
    players: Vec<SeenPlayer>,
    /// Merchants in the row, the cheapest first.
    market: Vec<SeenMarketCard>,
    /// Point cards in their row.
    point_cards: Vec<SeenPointCard>,
    /// Coins over the row.
    coins: Coins,
    /// Merchants in the deck.
    merchants_left: u32,
    /// Point cards in the deck.
    point_cards_left: u32,
    /// Who has won.
    #[schema(required = true)]
    winner: Option<String>,
    /// What each has reached at the end.
    scores: Vec<SeenScore>,
    /// Its number of events.
    version: Version,
    /// When it was created.
    created_at: Timestamp,
    /// When its last event was recorded.
    last_updated: Timestamp,
    /// Where everything random comes from.
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// Merchants to come, the next one last.
    #[schema(nullable = false)]
    merchant_deck: Option<Vec<String>>,
    /// Point cards to come, the next one last.
    #[schema(nullable = false)]
    point_deck: Option<Vec<String>>,
    /// The ids of quarantined events that the state leaves out; absent where there are none.
    #[schema(nullable = false)]
    left_out: Option<Vec<Uuid>>,
    /// The caveats of the state; absent where there are none.
    #[schema(nullable = false)]
    caveats: Option<Vec<ListCaveat>>,
}

/// A player.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Player)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenPlayer {
    /// Who.
    player_id: String,
    /// What he holds.
    caravan: Crystals,
    /// How many merchants can be played.
    hand_size: u32,
    /// Merchants that were played since the last rest.
    played: Vec<SeenMerchant>,
    /// Point cards that were claimed.
    point_cards: Vec<String>,
    /// What those are worth.
    points: u32,
    /// Coins that came with them.
    coins: Coins,
    /// Points, coins and crystals in one.
    score: u32,
    /// Whether he has got up in mid-game.
    left: bool,
    /// Merchants that can be played: one's own, or all in the server's view.
    #[schema(nullable = false)]
    hand: Option<Vec<SeenMerchant>>,
}

/// A merchant: it gives (`produce`), goes up steps (`upgrade`), or gives for what it takes (`trade`).
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Merchant)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenMerchant {
    /// Its name in events.
    id: String,
    /// What it does: `produce`, `upgrade` or `trade`.
    #[schema(nullable = false)]
    kind: Option<String>,
    /// How many steps in all.
    #[schema(nullable = false)]
    steps: Option<u32>,
    /// What it takes each time.
    #[schema(nullable = false)]
    takes: Option<Crystals>,
    /// What it gives each time.
    #[schema(nullable = false)]
    gives: Option<Crystals>,
}

/// A merchant in the market.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MarketCard)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenMarketCard {
    /// The merchant.
    card: SeenMerchant,
    /// What others have put on it.
    crystals: Crystals,
}

/// A point card in the row.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PointCardInRow)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenPointCard {
    /// The card.
    #[schema(required = true)]
    card: Option<PointCard>,
    /// The coin that lies over it: `gold` or `silver`.
    #[schema(required = true)]
    coin: Option<String>,
}

/// What a player has reached.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Score)]
#[expect(dead_code, reason = "it only describes")]
pub struct SeenScore {
    /// Who.
    player_id: String,
    /// Points, coins and crystals in one.
    score: u32,
}
