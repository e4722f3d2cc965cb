//! The rules of the game: a state and a command lead to events or a rejection.

use crate::domain::game::cards;
use crate::domain::game::cards::MerchantKind;
use crate::domain::game::command::CreateGame;
use crate::domain::game::command::GameCommand;
use crate::domain::game::command::Play;
use crate::domain::game::crystal::Crystal;
use crate::domain::game::crystal::Crystals;
use crate::domain::game::event::CardPlayed;
use crate::domain::game::event::Created;
use crate::domain::game::event::CrystalsDiscarded;
use crate::domain::game::event::GameEvent;
use crate::domain::game::event::MerchantAcquired;
use crate::domain::game::event::PlayerJoined;
use crate::domain::game::event::PlayerLeft;
use crate::domain::game::event::PlayerRested;
use crate::domain::game::event::PointCardClaimed;
use crate::domain::game::event::Started;
use crate::domain::game::event::TurnEnded;
use crate::domain::game::rejection::GameRejection;
use crate::domain::game::state::Game;
use crate::domain::game::state::Phase;
use crate::domain::game::state::Player;
use crate::domain::game::turn::finish;
use crate::domain::game::turn::next_turn;

/// Maximum length of a player's name, in characters.
const MAX_NAME_CHARS: usize = 100;

/// Decides a command on a state.
pub(super) fn decide(game: &Game, id: &str, command: &GameCommand) -> Result<Vec<GameEvent>, GameRejection> {
    match command {
        GameCommand::Create(wanted) => create(game, id, wanted),
        _ if game.phase == Phase::Absent => Err(GameRejection::NotFound { id: id.to_owned() }),
        _ if game.phase == Phase::Finished => Err(GameRejection::Over { id: id.to_owned() }),
        GameCommand::Join(player_id) => join(game, id, player_id),
        GameCommand::Leave(player_id) => leave(game, id, player_id),
        GameCommand::PlayCard(wanted) => {
            let player = to_act(game, id, &wanted.player_id)?;
            play(player, wanted).map(|played| vec![GameEvent::CardPlayed(played)])
        }
        GameCommand::Acquire { player_id, index, pay } => {
            let player = to_act(game, id, player_id)?;
            acquire(game, player, *index, pay).map(|acquired| vec![GameEvent::MerchantAcquired(acquired)])
        }
        GameCommand::Rest(player_id) => {
            let player_id = to_act(game, id, player_id)?.player_id.clone();
            Ok(vec![GameEvent::PlayerRested(PlayerRested { player_id })])
        }
        GameCommand::Claim { player_id, index } => {
            let player = to_act(game, id, player_id)?;
            claim(game, player, *index).map(|claimed| vec![GameEvent::PointCardClaimed(claimed)])
        }
        GameCommand::Discard { player_id, crystals } => {
            let player = on_turn(game, id, player_id)?;
            discard(game, player, *crystals).map(|discarded| vec![GameEvent::CrystalsDiscarded(discarded)])
        }
        GameCommand::EndTurn(player_id) => end_turn(game, on_turn(game, id, player_id)?),
    }
}

fn create(game: &Game, id: &str, wanted: &CreateGame) -> Result<Vec<GameEvent>, GameRejection> {
    if game.phase != Phase::Absent {
        return Err(GameRejection::Exists { id: id.to_owned() });
    }
    let limits = [
        ("num_players", u64::from(wanted.num_players), 2, 5),
        // The range of numbers that every store can hold.
        ("seed", wanted.seed, 0, i64::MAX.unsigned_abs()),
        // At least the cost of the most expensive point card, and at most a readable number.
        ("caravan_capacity", u64::from(wanted.caravan_capacity), 6, 100),
        // With five players the point cards last until the end of the game.
        ("point_cards_to_win", u64::from(wanted.point_cards_to_win), 1, 7),
    ];
    for (field, value, least, most) in limits {
        if !(least..=most).contains(&value) {
            return Err(GameRejection::InvalidSetting { field, value, least, most });
        }
    }
    Ok(vec![GameEvent::Created(Created {
        num_players: wanted.num_players,
        seed: wanted.seed,
        caravan_capacity: wanted.caravan_capacity,
        point_cards_to_win: wanted.point_cards_to_win,
    })])
}

fn join(game: &Game, id: &str, player_id: &str) -> Result<Vec<GameEvent>, GameRejection> {
    if !(1..=MAX_NAME_CHARS).contains(&player_id.chars().count()) {
        return Err(GameRejection::InvalidPlayer);
    }
    if game.player(player_id).is_some() {
        return Err(GameRejection::AlreadyJoined { player_id: player_id.to_owned() });
    }
    if game.phase != Phase::Waiting {
        return Err(GameRejection::Full { id: id.to_owned(), num_players: game.num_players });
    }
    let player_id = player_id.to_owned();
    let mut players: Vec<String> = game.players.iter().map(|player| player.player_id.clone()).collect();
    players.push(player_id.clone());
    let full = players.len() >= game.num_players as usize;
    let joined = GameEvent::PlayerJoined(PlayerJoined { player_id });
    Ok(if full { vec![joined, GameEvent::Started(Started { players })] } else { vec![joined] })
}

fn leave(game: &Game, id: &str, player_id: &str) -> Result<Vec<GameEvent>, GameRejection> {
    let player = playing(game, id, player_id)?;
    let player_id = player.player_id.clone();
    if game.phase == Phase::Waiting {
        return Ok(vec![GameEvent::PlayerLeft(PlayerLeft { player_id, next: None })]);
    }
    let next = next_turn(game, Some(&player_id));
    let others = game.players.iter().filter(|other| !other.left && other.player_id != player_id).count();
    let on_turn = game.current().is_some_and(|current| current.player_id == player_id);
    if others < 2 || (on_turn && next.is_none()) {
        let finished = finish(game, Some(&player_id));
        return Ok(vec![GameEvent::PlayerLeft(PlayerLeft { player_id, next: None }), GameEvent::Finished(finished)]);
    }
    let next = next.filter(|_| on_turn);
    Ok(vec![GameEvent::PlayerLeft(PlayerLeft { player_id, next })])
}

/// Returns a player of this game who has not left it.
fn playing<'g>(game: &'g Game, id: &str, player_id: &str) -> Result<&'g Player, GameRejection> {
    let player = game.player(player_id).filter(|player| !player.left);
    player.ok_or_else(|| GameRejection::NoSuchPlayer { id: id.to_owned(), player_id: player_id.to_owned() })
}

/// Returns the player, if it is its turn.
fn on_turn<'g>(game: &'g Game, id: &str, player_id: &str) -> Result<&'g Player, GameRejection> {
    let player = playing(game, id, player_id)?;
    let Some(current) = game.current() else {
        let joined = u32::try_from(game.players.len()).unwrap_or(u32::MAX);
        return Err(GameRejection::NotStarted { id: id.to_owned(), missing: game.num_players.saturating_sub(joined) });
    };
    if current.player_id == player.player_id {
        return Ok(player);
    }
    Err(GameRejection::NotYourTurn { player_id: player_id.to_owned(), turn: current.player_id.clone() })
}

/// Returns the player, if it is its turn and it has not acted yet.
fn to_act<'g>(game: &'g Game, id: &str, player_id: &str) -> Result<&'g Player, GameRejection> {
    let player = on_turn(game, id, player_id)?;
    if game.acted { Err(GameRejection::AlreadyActed { player_id: player_id.to_owned() }) } else { Ok(player) }
}

fn play(player: &Player, wanted: &Play) -> Result<CardPlayed, GameRejection> {
    let missing = || GameRejection::NoSuchCard { card: wanted.card.clone() };
    let in_hand = player.hand.iter().find(|card| **card == wanted.card).ok_or_else(missing)?;
    let merchant = cards::merchant(in_hand).ok_or_else(missing)?;
    let invalid = |reason: &str| Err(GameRejection::InvalidPlay { reason: format!("{}: {reason}", merchant.id) });
    let (paid, gained) = match merchant.kind {
        MerchantKind::Upgrade { steps } => {
            if wanted.times.is_some() {
                return invalid("times is for a trade");
            }
            if wanted.upgrade.is_empty() || wanted.upgrade.len() > steps as usize {
                return invalid(&format!("name 1 to {steps} crystals to upgrade"));
            }
            upgrade(player.caravan, &wanted.upgrade)?
        }
        _ if !wanted.upgrade.is_empty() => return invalid("upgrade is for a merchant that upgrades"),
        MerchantKind::Produce { .. } if wanted.times.is_some() => return invalid("times is for a trade"),
        MerchantKind::Produce { gives } => (Crystals::NONE, gives),
        MerchantKind::Trade { takes, gives } => {
            let times = wanted.times.unwrap_or(1);
            if times == 0 {
                return invalid("times must be 1 or more");
            }
            if takes.fits_into(player.caravan) < times {
                return Err(GameRejection::CannotAfford { wanted: takes.times(times), held: player.caravan });
            }
            (takes.times(times), gives.times(times))
        }
    };
    Ok(CardPlayed { player_id: player.player_id.clone(), card: merchant.id.clone(), paid, gained })
}

/// Returns the paid and gained crystals of upgrades, in order. A crystal that was just gained may be upgraded again.
fn upgrade(caravan: Crystals, steps: &[Crystal]) -> Result<(Crystals, Crystals), GameRejection> {
    let one = |crystal: Crystal| Crystals::from_iter([crystal]);
    let (mut paid, mut gained) = (Crystals::NONE, Crystals::NONE);
    for crystal in steps {
        let Some(higher) = crystal.higher() else {
            return Err(GameRejection::InvalidPlay { reason: format!("nothing is higher than {crystal}") });
        };
        match gained.minus(one(*crystal)) {
            Some(rest) => gained = rest,
            None => paid = paid.plus(one(*crystal)),
        }
        if caravan.minus(paid).is_none() {
            return Err(GameRejection::CannotAfford { wanted: paid, held: caravan });
        }
        gained = gained.plus(one(higher));
    }
    Ok((paid, gained))
}

fn acquire(game: &Game, player: &Player, index: u32, pay: &[Crystal]) -> Result<MerchantAcquired, GameRejection> {
    let place = index as usize;
    let Some(slot) = game.market.get(place) else {
        return Err(GameRejection::NoSuchPlace { index, cards: game.market.len() });
    };
    if pay.len() != place {
        let reason = format!("the card at {index} takes {index} crystals, one on each to its left; {} were named", pay.len());
        return Err(GameRejection::InvalidPlay { reason });
    }
    let wanted = pay.iter().copied().collect();
    if player.caravan.minus(wanted).is_none() {
        return Err(GameRejection::CannotAfford { wanted, held: player.caravan });
    }
    Ok(MerchantAcquired {
        player_id: player.player_id.clone(),
        index,
        card: slot.card.clone(),
        paid: pay.to_vec(),
        gained: slot.crystals,
        drawn: game.merchant_deck.last().cloned(),
    })
}

fn claim(game: &Game, player: &Player, index: u32) -> Result<PointCardClaimed, GameRejection> {
    let place = index as usize;
    let card = game.point_row.get(place).and_then(|card| cards::point_card(card));
    let Some(card) = card else {
        return Err(GameRejection::NoSuchPlace { index, cards: game.point_row.len() });
    };
    if player.caravan.minus(card.costs).is_none() {
        return Err(GameRejection::CannotAfford { wanted: card.costs, held: player.caravan });
    }
    Ok(PointCardClaimed {
        player_id: player.player_id.clone(),
        index,
        card: card.id.clone(),
        paid: card.costs,
        points: card.points,
        coin: game.coin_at(place),
        drawn: game.point_deck.last().cloned(),
    })
}

fn discard(game: &Game, player: &Player, crystals: Crystals) -> Result<CrystalsDiscarded, GameRejection> {
    if crystals.total() == 0 {
        return Err(GameRejection::InvalidPlay { reason: "name the crystals to discard".into() });
    }
    if player.caravan.minus(crystals).is_none() {
        return Err(GameRejection::CannotAfford { wanted: crystals, held: player.caravan });
    }
    let (held, capacity) = (player.caravan.total(), game.caravan_capacity);
    if crystals.total() > held.saturating_sub(capacity) {
        return Err(GameRejection::WithinCapacity { held, capacity });
    }
    Ok(CrystalsDiscarded { player_id: player.player_id.clone(), crystals })
}

fn end_turn(game: &Game, player: &Player) -> Result<Vec<GameEvent>, GameRejection> {
    let player_id = player.player_id.clone();
    if !game.acted {
        return Err(GameRejection::NotActed { player_id });
    }
    let (held, capacity) = (player.caravan.total(), game.caravan_capacity);
    if held > capacity {
        return Err(GameRejection::OverCapacity { held, capacity });
    }
    let next = next_turn(game, None);
    let over = next.is_none();
    let mut events = vec![GameEvent::TurnEnded(TurnEnded { player_id, next })];
    events.extend(over.then(|| GameEvent::Finished(finish(game, None))));
    Ok(events)
}
