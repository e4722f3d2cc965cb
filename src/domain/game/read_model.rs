//! The read model `games`: one row for each game, its state as of its last event. For the server's own people: it holds
//! the decks and all hands.

use std::borrow::Cow;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::Fold;
use crate::aggregate::Projection;
use crate::domain::game::state::Game;
use crate::event::EventView;

/// All games, by id.
#[derive(Debug, Clone, Copy, Default)]
pub struct Games;

impl Projection for Games {
    fn name(&self) -> &str {
        "games"
    }

    fn version(&self) -> u32 {
        1
    }

    fn categories(&self) -> Vec<String> {
        vec![Game::CATEGORY.to_owned()]
    }

    fn indexed_fields(&self) -> &[&'static str] {
        &["phase"]
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let (category, id) = event.stream.split_once('-')?;
        (category == Game::CATEGORY && !id.is_empty()).then_some(Cow::Borrowed(id))
    }

    fn row(&self, key: &str) -> Box<dyn Fold> {
        Box::new(AggregateFold::<Game>::new(&format!("{}-{key}", Game::CATEGORY)))
    }
}
