//! Tools that the tests of the runtime share.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use esctl::event::Timestamp;
use esctl::runtime::Clock;
use esctl::runtime::CommandBus;
use esctl::runtime::CommandEnvelope;
use esctl::runtime::SnapshotPolicy;
use esctl::store::Store;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;

/// A store that is removed with this value, and a fixed clock.
pub struct World {
    pub store: Store,
    pub micros: Arc<AtomicI64>,
    _place: Place,
    _dir: TempDir,
}

pub fn world(on: Backend) -> World {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::fresh(on, dir.path(), "store");
    let store = esctl::store::open(&place.url.parse().unwrap(), Duration::from_secs(20)).unwrap();
    World { store, micros: Arc::new(AtomicI64::new(1_764_780_403_000_000)), _place: place, _dir: dir }
}

impl World {
    pub fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.micros);
        Arc::new(move || Timestamp::from_micros(micros.load(Ordering::SeqCst)).unwrap())
    }

    pub fn advance(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub fn bus(&self, every: u64) -> CommandBus {
        CommandBus::with_fixed_clock(self.store.clone(), self.clock(), SnapshotPolicy::every(every))
    }

    pub async fn create(&self, id: &str, amount: i64) {
        let payload = json!({"owner_id": "ann", "resource_type": "gold", "initial_amount": amount, "max_amount": 1_000_000});
        self.bus(0).send(&command("resource.create", id, payload)).await.unwrap();
    }

    pub async fn allocate(&self, id: &str, times: u64) {
        for _ in 0..times {
            self.bus(0).send(&command("resource.allocate", id, json!({"amount": 1}))).await.unwrap();
        }
    }
}

pub fn command(name: &str, id: &str, payload: Value) -> CommandEnvelope {
    CommandEnvelope::new(name, id, payload, "test")
}
