//! Typed documents: a plan that two clients change, and the changes that one of them has missed.
//! Run it with `cargo run --example documents`.

use std::time::Duration;

use esctl::event::Version;
use esctl::runtime::{DocumentStore, system_clock};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Plan {
    title: String,
    stops: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
    let plan = Plan { title: "Tour".into(), stops: vec!["Rome".into()] };

    let plans = DocumentStore::<Plan>::new(store, system_clock());
    plans.find_one_and_upsert("tour", &plan, "ann").await?;
    let updated = plans.find_one_and_update("tour", "bob", |plan| plan.stops.push("Ulm".into())).await?;
    println!("{}", updated.patch); // [{"op":"add","path":"/stops/1","value":"Ulm"}]
    let missed = plans.missing_events("tour", Version(1), "ann").await?;

    println!("ann has missed {} change of {}", missed.len(), updated.stored.document.title);
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
