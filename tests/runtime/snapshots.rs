//! Snapshots: taken by themselves, used only where they fit, never trusted otherwise.

use esctl::aggregate::AggregateFold;
use esctl::aggregate::Fold;
use esctl::domain::resource::Resource;
use esctl::event::Hash;
use esctl::event::StreamName;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::runtime::LoadOptions;
use esctl::runtime::Loaded;
use esctl::runtime::load;
use esctl::store::Snapshot;
use esctl::store::StoreError;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::kit::World;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! { async:
    one_is_taken_at_each_interval_and_spares_the_events_before_it
    one_that_does_not_fit_is_skipped_and_reported
}

fn gold() -> StreamName {
    "resource-gold".parse().unwrap()
}

async fn state(world: &World, options: LoadOptions) -> (Loaded, Value) {
    let mut fold = AggregateFold::<Resource>::new("resource-gold");
    let loaded = load(&world.store, &gold(), &mut fold, options).await.unwrap();
    (loaded, fold.show(Timestamp::MAX))
}

async fn one_is_taken_at_each_interval_and_spares_the_events_before_it(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    for _ in 0..24 {
        world.bus(10).send(&command("resource.allocate", "gold", json!({"amount": 1}))).await.unwrap();
    }
    let (loaded, with) = state(&world, LoadOptions::default()).await;
    assert_eq!((loaded.snapshot_version, loaded.events_applied, loaded.version), (Some(Version(20)), 5, Version(25)));
    let (loaded, without) = state(&world, LoadOptions { snapshots: false, ..LoadOptions::default() }).await;
    assert_eq!((loaded.snapshot_version, loaded.events_applied), (None, 25));
    assert_eq!(with, without);
    // To a version before the newest one the older one serves.
    let (loaded, _) = state(&world, LoadOptions { up_to: Version(15), snapshots: true }).await;
    assert_eq!((loaded.snapshot_version, loaded.version), (Some(Version(10)), Version(15)));
}

async fn one_that_does_not_fit_is_skipped_and_reported(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    for _ in 0..24 {
        world.bus(10).send(&command("resource.allocate", "gold", json!({"amount": 1}))).await.unwrap();
    }
    let (_, right) = state(&world, LoadOptions { snapshots: false, ..LoadOptions::default() }).await;
    let good = world.store.snapshot(gold(), "resource".into(), Version(20)).await.unwrap().unwrap();
    let bad: [fn(&mut Snapshot); 5] = [
        |snapshot| snapshot.state = snapshot.state.replace("98", "99"),
        |snapshot| snapshot.event_hash = Hash([7; 32]),
        |snapshot| snapshot.reducer_version = 99,
        |snapshot| snapshot.state = "not json".into(),
        |snapshot| snapshot.version = Version(4711),
    ];
    for spoil in bad {
        let mut snapshot = good.clone();
        spoil(&mut snapshot);
        let spoilt = snapshot.version;
        match world.store.put_snapshot(snapshot).await {
            Ok(()) => {}
            // A column of JSON takes nothing else.
            Err(StoreError::Invalid(_)) if on == Backend::Postgres => continue,
            Err(error) => panic!("{error:?}"),
        }
        let (loaded, state) = state(&world, LoadOptions::default()).await;
        assert_eq!(state, right);
        assert_eq!(loaded.passed_over.first().map(|passed| passed.version), Some(spoilt));
        world.store.put_snapshot(good.clone()).await.unwrap();
    }
}
