//! A read model of one's own on esctl's core: how much each customer has paid, made of the events of many streams.
//!
//! Run it with `cargo run --example projection`.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use esctl::aggregate::{Fold, FoldError, FoldVersion, Projection};
use esctl::event::{EventType, EventView, ExpectedVersion, NewEvent, StreamName, Timestamp};
use esctl::runtime::{Query, QueryBus, system_clock};
use esctl::store::{AppendRequest, RecordTime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Paid {
    customer: String,
    amount: u64,
}

/// A row: what one customer has paid.
#[derive(Default, Serialize, Deserialize)]
struct Customer {
    orders: u64,
    paid: u64,
}

impl Fold for Customer {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: "customers".into(), version: Customers.version() }
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        let paid: Paid = serde_json::from_str(event.data).map_err(|error| FoldError::data(event.event_type, error))?;
        self.orders += 1;
        self.paid += paid.amount;
        Ok(())
    }

    fn save(&self) -> Result<String, FoldError> {
        serde_json::to_string(self).map_err(|error| FoldError::Reducer(error.to_string()))
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        *self = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }

    fn show(&self, _at: Timestamp) -> Value {
        json!(self)
    }
}

/// Which events, and which row each of them goes to.
struct Customers;

impl Projection for Customers {
    fn name(&self) -> &str {
        "customers"
    }

    fn version(&self) -> u32 {
        1 // One more whenever the logic changes: the read model is then rebuilt beside the old one.
    }

    fn categories(&self) -> Vec<String> {
        vec!["order".into()]
    }

    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let paid: Paid = serde_json::from_str(event.data).ok()?;
        (event.event_type == "order.paid").then_some(Cow::Owned(paid.customer))
    }

    fn row(&self, _key: &str) -> Box<dyn Fold> {
        Box::new(Customer::default())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
    for (order, customer, amount) in [("order-1", "ann", 40), ("order-2", "bob", 5), ("order-3", "ann", 2)] {
        let paid = NewEvent::new(EventType::parse("order.paid")?, &json!({"customer": customer, "amount": amount}))?;
        let (stream, expected) = (StreamName::parse(order)?, ExpectedVersion::NoStream);
        store.append(AppendRequest { stream, expected, events: vec![paid], time: RecordTime::StoreClock }).await?;
    }
    let queries = QueryBus::new(store, system_clock()).with(Arc::new(Customers));
    let rows = queries.ask(&Query { name: "customers".into(), limit: 10, ..Query::default() }, system_clock()()).await?.rows;
    rows.iter().for_each(|customer| println!("{}: {}", customer.key, customer.row));
    assert_eq!((rows[0].key.as_str(), &rows[0].row), ("ann", &json!({"orders": 2, "paid": 42})));
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
