//! A reducer of one's own on esctl's core: what is in a basket, from the events of its stream, at any version.
//!
//! Run it with `cargo run --example reducer`.

use std::collections::BTreeMap;
use std::time::Duration;

use esctl::aggregate::{Fold, FoldError, FoldVersion};
use esctl::event::{EventType, EventView, ExpectedVersion, NewEvent, StreamName, Timestamp, Version};
use esctl::runtime::{LoadOptions, load};
use esctl::store::{AppendRequest, RecordTime};
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

#[derive(Deserialize)]
struct Item {
    item: String,
}

/// How many of each item.
#[derive(Default)]
struct Basket(BTreeMap<String, u64>);

impl Fold for Basket {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: "basket".into(), version: 1 }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        let read = || serde_json::from_str::<Item>(event.data).map_err(|error| FoldError::data(event.event_type, error));
        match event.event_type {
            "basket.added" => *self.0.entry(read()?.item).or_default() += 1,
            "basket.removed" => drop(self.0.remove(&read()?.item)),
            _ => {} // Of a newer program, or of no interest.
        }
        Ok(())
    }

    fn save(&self) -> Result<String, FoldError> {
        serde_json::to_string(&self.0).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.0 = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        json!(self.0)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
    let stream = StreamName::parse("basket-7")?;
    let event = |what: &str, item: &str| {
        Ok::<_, Box<dyn std::error::Error>>(NewEvent::new(EventType::parse(what)?, &json!({"item": item}))?)
    };
    let events = vec![event("basket.added", "bread")?, event("basket.added", "tea")?, event("basket.removed", "tea")?];
    let (expected, time) = (ExpectedVersion::NoStream, RecordTime::StoreClock);
    store.append(AppendRequest { stream: stream.clone(), expected, events, time }).await?;

    for (version, wanted) in [(2, json!({"bread": 1, "tea": 1})), (3, json!({"bread": 1}))] {
        let mut basket = Basket::default();
        let options = LoadOptions { up_to: Version(version), snapshots: true };
        let loaded = load(&store, &stream, &mut basket, options).await?;
        println!("at version {}: {}", loaded.version, basket.show(loaded.recorded_at));
        assert_eq!(basket.show(loaded.recorded_at), wanted);
    }
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
