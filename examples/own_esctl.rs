//! An esctl of one's own: all its commands, and those of a domain `basket`.
//! Run it with `cargo run --example own_esctl -- basket put ann item=bread count=2`.

use std::process::ExitCode;

use esctl::aggregate::{Aggregate, AggregateRows, Rejection};
use esctl::cli::Program;
use esctl::domain::Domain;
use esctl::event::Timestamp;
use serde::{Deserialize, Serialize};

/// All that makes it an esctl of one's own.
fn program() -> Program {
    Program::new().domain(Domain::of(AggregateRows::<Basket>::named("baskets")))
}

fn main() -> ExitCode {
    ExitCode::from(program().run(std::env::args_os()))
}

// The domain.
esctl::events! {
    enum BasketEvent { "basket.put" => Put { item: String, count: u64 } }
}
esctl::commands! {
    enum BasketCommand { "basket.put" => Put { item: String, count: u64 } }
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct Basket {
    items: std::collections::BTreeMap<String, u64>,
}

impl Aggregate for Basket {
    const CATEGORY: &'static str = "basket";
    type Event = BasketEvent;
    type Command = BasketCommand;
    type Rejection = Rejection;

    fn evolve(&mut self, BasketEvent::Put { item, count }: &BasketEvent, _at: Timestamp) {
        *self.items.entry(item.clone()).or_default() += count;
    }

    fn decide(&self, id: &str, command: &BasketCommand, _now: Timestamp) -> Result<Vec<BasketEvent>, Rejection> {
        match command.clone() {
            BasketCommand::Put { count: 0, item } => Err(Rejection::new("nothing_to_put", format!("no {item} for basket {id}"))),
            BasketCommand::Put { item, count } => Ok(vec![BasketEvent::Put { item, count }]),
        }
    }
}

#[test]
fn it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", dir.path().join("baskets.db").display());
    let run = |line: &str| program().run(["esctl", "--store", &store].into_iter().chain(line.split(' ')).map(Into::into));
    assert_eq!(run("basket put ann item=bread count=2"), 0);
    assert_eq!(run("basket put ann item=tea count=0"), 5);
    assert_eq!(run("basket show ann"), 0);
    assert_eq!(run("projection query baskets"), 0);
    assert_eq!(run("replay basket-ann --verify"), 0);
}
