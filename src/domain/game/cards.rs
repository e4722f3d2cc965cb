//! The cards of the game, from the data file `cards.json`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::game::crystal::Crystals;

/// The effect of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MerchantKind {
    /// Gives crystals.
    Produce {
        /// The crystals that it gives.
        gives: Crystals,
    },
    /// Upgrades crystals.
    Upgrade {
        /// Number of upgrade steps.
        steps: u32,
    },
    /// Exchanges crystals, as often as the player can pay.
    Trade {
        /// The crystals that it takes each time.
        takes: Crystals,
        /// The crystals that it gives each time.
        gives: Crystals,
    },
}

/// A merchant card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// The name of the card in events.
    pub id: String,
    /// The effect.
    #[serde(flatten)]
    pub kind: MerchantKind,
}

/// A point card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PointCard {
    /// The name of the card in events.
    pub id: String,
    /// The crystals that it costs.
    pub costs: Crystals,
    /// The points that it gives.
    pub points: u32,
}

#[derive(Deserialize)]
struct Cards {
    starting: Vec<Merchant>,
    merchants: Vec<Merchant>,
    points: Vec<PointCard>,
}

static CARDS: LazyLock<Cards> = LazyLock::new(|| {
    // The file is part of the program, and a test parses it.
    serde_json::from_str(include_str!("cards.json")).unwrap_or(Cards {
        starting: Vec::new(),
        merchants: Vec::new(),
        points: Vec::new(),
    })
});

/// Returns the merchants of each player at the start.
pub(super) fn starting_merchants() -> &'static [Merchant] {
    &CARDS.starting
}

/// Returns the merchants of the deck, unshuffled.
pub(super) fn merchants() -> &'static [Merchant] {
    &CARDS.merchants
}

/// Returns the point cards of the deck, unshuffled.
pub(super) fn point_cards() -> &'static [PointCard] {
    &CARDS.points
}

/// Returns a merchant by name.
pub(super) fn merchant(id: &str) -> Option<&'static Merchant> {
    CARDS.starting.iter().chain(&CARDS.merchants).find(|card| card.id == id)
}

/// Returns a point card by name.
pub(super) fn point_card(id: &str) -> Option<&'static PointCard> {
    CARDS.points.iter().find(|card| card.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::MerchantKind;
    use super::merchants;
    use super::point_cards;
    use super::starting_merchants;
    use crate::domain::game::crystal::Crystal;
    use crate::domain::game::crystal::Crystals;

    /// Returns the value of crystals if an upgrade step costs one.
    fn worth(crystals: Crystals) -> u32 {
        Crystal::ALL.iter().map(|crystal| crystals.of(*crystal) * (*crystal as u32 + 1)).sum()
    }

    #[test]
    fn the_decks_have_the_cards_of_the_rules_each_once() {
        assert_eq!((starting_merchants().len(), merchants().len(), point_cards().len()), (2, 45, 36));
        let ids = starting_merchants().iter().chain(merchants()).map(|card| &card.id);
        assert_eq!(ids.chain(point_cards().iter().map(|card| &card.id)).collect::<HashSet<_>>().len(), 83);
        let kinds: Vec<String> = merchants().iter().map(|card| format!("{:?}", card.kind)).collect();
        assert_eq!(kinds.iter().collect::<HashSet<_>>().len(), 44, "only upgrade 3 is there twice");
    }

    #[test]
    fn every_merchant_is_of_use_and_none_of_too_much() {
        for card in merchants() {
            let gain = match &card.kind {
                MerchantKind::Produce { gives } => worth(*gives),
                MerchantKind::Upgrade { steps } => *steps,
                MerchantKind::Trade { takes, gives } => {
                    assert!(takes.total() > 0, "{card:?} would be for nothing");
                    worth(*gives).saturating_sub(worth(*takes))
                }
            };
            assert!((1..=4).contains(&gain), "{card:?} gains {gain}");
        }
    }

    #[test]
    fn points_follow_what_a_card_wants_and_a_caravan_can_hold_it() {
        for card in point_cards() {
            assert!((4..=6).contains(&card.costs.total()), "{card:?}");
            assert!(card.points.abs_diff(worth(card.costs) - 2) <= 1, "{card:?}");
        }
    }
}
