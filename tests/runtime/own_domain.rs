//! A domain of an application uses the same command bus, repository and query bus.

use std::sync::Arc;

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateRows;
use esctl::aggregate::Rejection;
use esctl::domain::Domain;
use esctl::event::Timestamp;
use esctl::event::Version;
use esctl::runtime::CommandResult;
use esctl::runtime::Query;
use esctl::runtime::QueryAnswer;
use esctl::runtime::QueryBus;
use esctl::runtime::QueryRow;
use esctl::runtime::Repository;
use esctl::runtime::RuntimeError;
use esctl::runtime::WriteOptions;
use esctl::store::StoreError;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! { async:
    it_decides_records_and_rejects_like_the_built_in_ones
    a_typed_command_under_an_idempotency_key_counts_once
    a_handler_answers_the_queries_of_its_name
}

esctl::events! {
    enum Counted { "counter.counted" => By { by: u64 } }
}
esctl::commands! {
    enum Count { "counter.count" => By { by: u64 } }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Counter {
    count: u64,
}

impl Aggregate for Counter {
    const CATEGORY: &'static str = "counter";
    type Event = Counted;
    type Command = Count;
    type Rejection = Rejection;

    fn evolve(&mut self, Counted::By { by }: &Counted, _at: Timestamp) {
        self.count += by;
    }
    fn decide(&self, id: &str, Count::By { by }: &Count, _now: Timestamp) -> Result<Vec<Counted>, Rejection> {
        match *by {
            0 => Err(Rejection::new("nothing_to_count", format!("counter {id} counts from 1 on"))),
            by => Ok(vec![Counted::By { by }]),
        }
    }
}

async fn it_decides_records_and_rejects_like_the_built_in_ones(on: Backend) {
    let world = world(on);
    let bus = world.bus(0).with(Domain::of(AggregateRows::<Counter>::named("counters")));
    bus.send(&command("counter.count", "a", json!({"by": 2}))).await.unwrap();
    let outcome = bus.send(&command("counter.count", "a", json!({"by": 3}))).await.unwrap();
    assert_eq!((outcome.outcome, outcome.version.0, &outcome.state["count"]), (CommandResult::Applied, 2, &json!(5)));
    let refused = bus.send(&command("counter.count", "a", json!({"by": 0}))).await.unwrap_err();
    assert!(matches!(refused, RuntimeError::Decide(_)), "{refused:?}");
    // A bus without the domain does not know its commands.
    assert!(world.bus(0).send(&command("counter.count", "a", json!({"by": 1}))).await.is_err());
}

async fn a_typed_command_under_an_idempotency_key_counts_once(on: Backend) {
    let world = world(on);
    let counters = Repository::<Counter>::new(world.store.clone(), world.clock());
    let keyed = || WriteOptions::by("ann").keyed("k");
    for _ in 0..2 {
        assert_eq!(counters.execute("a", &Count::By { by: 2 }, keyed()).await.unwrap().state().count, 2);
    }
    let other = counters.execute("a", &Count::By { by: 3 }, keyed()).await.unwrap_err();
    assert!(matches!(other, RuntimeError::KeyReused { .. }), "{other:?}");
    let late = counters.execute("a", &Count::By { by: 3 }, WriteOptions::by("ann").expecting(Version(7))).await.unwrap_err();
    assert!(matches!(late, RuntimeError::Store(StoreError::Conflict { .. })), "{late:?}");
    let rehearsed = counters.execute("a", &Count::By { by: 3 }, WriteOptions::by("ann").dry_run()).await.unwrap();
    assert_eq!((rehearsed.state().count, counters.load("a").await.unwrap().state().count), (5, 2));
}

async fn a_handler_answers_the_queries_of_its_name(on: Backend) {
    let world = world(on);
    let counters = Repository::<Counter>::new(world.store.clone(), world.clock());
    for (id, by) in [("a", 2), ("b", 40)] {
        counters.execute(id, &Count::By { by }, "ann").await.unwrap();
    }
    let rows = Arc::new(AggregateRows::<Counter>::named("counters"));
    let queries =
        QueryBus::new(world.store.clone(), world.clock()).with(rows).with_handler("total", |queries, query, at| async move {
            let answer = queries.ask(&Query { name: "counters".into(), ..query }, at).await?;
            let total: u64 = answer.rows.iter().filter_map(|row| row.row["count"].as_u64()).sum();
            Ok(QueryAnswer { rows: vec![QueryRow { key: "total".into(), row: total.into() }], ..answer })
        });
    let ask = |name: &str| Query { name: name.into(), limit: 10, ..Query::default() };
    for queries in [queries.clone(), queries.reopened().await.unwrap()] {
        assert_eq!(queries.ask(&ask("total"), world.clock()()).await.unwrap().rows[0].row, 42);
        assert!(matches!(queries.ask(&ask("totals"), world.clock()()).await, Err(RuntimeError::NotFound(_))));
    }
}
