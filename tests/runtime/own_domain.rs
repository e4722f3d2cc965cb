//! A domain of somebody's own is driven through the same command bus.

use std::borrow::Cow;
use std::sync::Arc;

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateFold;
use esctl::aggregate::DomainEvent;
use esctl::aggregate::Fold;
use esctl::aggregate::Projection;
use esctl::aggregate::Rejection;
use esctl::domain::Domain;
use esctl::event::EventView;
use esctl::event::Timestamp;
use esctl::runtime::CommandResult;
use esctl::runtime::RuntimeError;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::backend::Backend;
use crate::kit::command;
use crate::kit::world;

crate::on_every_backend! { async:
    it_decides_records_and_rejects_like_the_built_in_ones
}

#[derive(Serialize, Deserialize)]
struct Counted {
    by: u64,
}

impl DomainEvent for Counted {
    fn event_type(&self) -> &'static str {
        "counter.counted"
    }
    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        (event_type == "counter.counted").then(|| serde_json::from_str(data))
    }
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct Counter {
    count: u64,
}

impl Aggregate for Counter {
    const CATEGORY: &'static str = "counter";
    const STATE_VERSION: u32 = 1;
    const COMMANDS: &'static [&'static str] = &["counter.count"];
    type Event = Counted;
    type Command = Counted;
    type Rejection = Rejection;

    fn command(name: &str, payload: &Value) -> Option<Result<Counted, serde_json::Error>> {
        (name == "counter.count").then(|| Counted::deserialize(payload))
    }
    fn evolve(&mut self, event: &Counted, _at: Timestamp) {
        self.count += event.by;
    }
    fn decide(&self, id: &str, command: &Counted, _now: Timestamp) -> Result<Vec<Counted>, Rejection> {
        match command.by {
            0 => Err(Rejection::new("nothing_to_count", format!("counter {id} counts from 1 on"))),
            by => Ok(vec![Counted { by }]),
        }
    }
    fn show(&self, id: &str, version: u64, _at: Timestamp) -> Value {
        json!({"id": id, "count": self.count, "version": version})
    }
}

struct Counters;

impl Projection for Counters {
    fn name(&self) -> &str {
        "counters"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        vec!["counter".into()]
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        event.stream.strip_prefix("counter-").map(Cow::Borrowed)
    }
    fn row(&self, key: &str) -> Box<dyn Fold> {
        Box::new(AggregateFold::<Counter>::new(&format!("counter-{key}")))
    }
}

async fn it_decides_records_and_rejects_like_the_built_in_ones(on: Backend) {
    let world = world(on);
    let bus = world.bus(0).with(Domain::of::<Counter>(|| Arc::new(Counters)));
    bus.send(&command("counter.count", "a", json!({"by": 2}))).await.unwrap();
    let outcome = bus.send(&command("counter.count", "a", json!({"by": 3}))).await.unwrap();
    assert_eq!((outcome.outcome, outcome.version.0, &outcome.state["count"]), (CommandResult::Applied, 2, &json!(5)));
    let refused = bus.send(&command("counter.count", "a", json!({"by": 0}))).await.unwrap_err();
    assert!(matches!(refused, RuntimeError::Decide(_)), "{refused:?}");
    // A bus that was not told of the domain does not know its commands.
    assert!(world.bus(0).send(&command("counter.count", "a", json!({"by": 1}))).await.is_err());
}
