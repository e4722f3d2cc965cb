//! Properties of any commands at any times.

use std::iter;

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateFold;
use esctl::aggregate::DomainEvent;
use esctl::aggregate::Fold;
use esctl::domain::resource::CreateResource;
use esctl::domain::resource::Resource;
use esctl::domain::resource::ResourceCommand;
use esctl::event::JsonObject;
use esctl::event::Timestamp;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::Map;

use crate::domain_resource::support::Gold;
use crate::domain_resource::support::gold;
use crate::domain_resource::support::micros;
use crate::domain_resource::support::record;

/// Small ones, so that they meet; and any at all.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -2..200_i64, 1 => any::<i64>()]
}

fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        (0..1_000_u32).prop_map(|thousandths| f64::from(thousandths) / 1000.0),
        0.0..1e6_f64,
        prop::num::f64::ANY
    ]
}

fn command() -> impl Strategy<Value = ResourceCommand> {
    let reason = || prop::option::of("\\PC{0,8}");
    let duration = prop_oneof![0..1_000_000_000_i64, any::<i64>()].prop_map(SignedDuration::from_micros);
    prop_oneof![
        1 => creation().prop_map(ResourceCommand::Create),
        4 => (amount(), reason()).prop_map(|(amount, reason)| ResourceCommand::Allocate { amount, reason }),
        4 => (amount(), reason()).prop_map(|(amount, reason)| ResourceCommand::Add { amount, reason }),
        1 => (duration, reason()).prop_map(|(duration, reason)| ResourceCommand::Lock { duration, reason }),
        1 => Just(ResourceCommand::Unlock),
    ]
}

fn creation() -> impl Strategy<Value = CreateResource> {
    (amount(), amount(), rate()).prop_map(|(initial_amount, max_amount, regeneration_rate)| CreateResource {
        owner_id: "ann".into(),
        resource_type: "currency".into(),
        initial_amount,
        max_amount,
        regeneration_rate,
        metadata: Map::from_iter([("a".to_owned(), "ä\n".into())]),
    })
}

/// One that no rule refuses, so that what follows has something to act on.
fn sound_creation() -> impl Strategy<Value = CreateResource> {
    let max = prop_oneof![4 => 1..500_i64, 1 => 1..=i64::MAX];
    (creation(), max, 0.0..=1.0_f64).prop_map(|(mut wanted, max, part)| {
        wanted.max_amount = max;
        wanted.initial_amount = ((max as f64 * part) as i64).min(max);
        if !wanted.regeneration_rate.is_finite() || wanted.regeneration_rate < 0.0 {
            wanted.regeneration_rate = 2.5;
        }
        wanted
    })
}

/// A clock that mostly goes on and sometimes back.
fn steps() -> impl Strategy<Value = Vec<(ResourceCommand, i64)>> {
    let tick = prop_oneof![4 => 0..5_000_000_i64, 1 => -2_000_000..0_i64, 1 => 0..2_000_000_000_000_i64];
    prop::collection::vec((command(), tick), 1..40)
}

fn created(amount: i64, max_amount: i64, regeneration_rate: f64) -> Resource {
    let wanted = CreateResource {
        owner_id: "ann".into(),
        resource_type: "currency".into(),
        initial_amount: amount,
        max_amount,
        regeneration_rate,
        metadata: Map::new(),
    };
    let mut resource = Resource::default();
    for event in resource.decide("gold", &ResourceCommand::Create(wanted), micros(0)).unwrap() {
        resource.evolve(&event, micros(0));
    }
    resource
}

/// Brings the state up to a moment as an event would.
fn settle(resource: &mut Resource, now: Timestamp) {
    let regeneration = resource.regenerate(now);
    resource.amount = regeneration.amount;
    resource.last_regenerated = regeneration.last_regenerated;
    resource.regeneration_remainder = regeneration.remainder;
}

proptest! {
    #[test]
    fn the_amount_stays_in_its_bounds_and_the_text_of_the_events_makes_the_same_state(
        first in sound_creation(),
        steps in steps(),
    ) {
        let (mut typed, mut read): (Gold, Gold) = (gold(), gold());
        let mut time = 0;
        for (command, tick) in iter::once((ResourceCommand::Create(first), 0)).chain(steps) {
            time = (time + tick).max(0);
            let now = micros(time);
            let Ok(events) = typed.state().decide("gold", &command, now) else { continue };
            for event in events {
                let data = JsonObject::of(&event).unwrap();
                typed.evolve(&event, now);
                record(&mut read, event.event_type(), data.as_str(), now);
            }
            let state = typed.state();
            prop_assert!((0..=state.max_amount).contains(&state.amount), "{state:?}");
            prop_assert!((0..=state.max_amount).contains(&state.regenerate(Timestamp::MAX).amount), "{state:?}");
            prop_assert!(state.regeneration_remainder < 1_000_000_000_000_000_000);
            prop_assert_eq!(state, read.state());
            prop_assert_eq!(typed.show(now), read.show(now));
            let row = read.save().unwrap();
            prop_assert_eq!(&typed.save().unwrap(), &row);
            let mut restored: Gold = AggregateFold::new("resource-gold");
            restored.restore(&row).unwrap();
            prop_assert_eq!(restored.state(), read.state());
            prop_assert_eq!(restored.save().unwrap(), row);
        }
    }

    #[test]
    fn regenerating_in_steps_is_regenerating_at_once(
        amount in 0..2_000_i64,
        rate in rate().prop_filter("valid", |rate| rate.is_finite() && *rate >= 0.0),
        ticks in prop::collection::vec(0..20_000_000_i64, 1..50),
    ) {
        let mut stepwise = created(amount, 2_000, rate);
        let mut at_once = stepwise.clone();
        let mut time = 0;
        for tick in ticks {
            time += tick;
            settle(&mut stepwise, micros(time));
        }
        settle(&mut at_once, micros(time));
        prop_assert_eq!(stepwise, at_once);
    }

    /// 0.001 units a second, asked at any times: after n·1000 seconds exactly n units.
    #[test]
    fn no_unit_is_lost_to_rounding(thousandths in 1..5_000_000_u32, seconds in 1..5_000_i64, cuts in prop::collection::vec(0.0..1.0_f64, 0..30)) {
        let mut resource = created(0, i64::MAX, f64::from(thousandths) / 1000.0);
        let end = seconds * 1_000_000;
        let mut moments: Vec<i64> = cuts.iter().map(|cut| (cut * end as f64) as i64).collect();
        moments.sort_unstable();
        for moment in moments {
            settle(&mut resource, micros(moment));
        }
        settle(&mut resource, micros(end));
        prop_assert_eq!(resource.amount, seconds * i64::from(thousandths) / 1000);
        prop_assert_eq!(resource.regeneration_remainder, (seconds * i64::from(thousandths) % 1000) as u64 * 1_000_000_000_000_000);
    }
}
