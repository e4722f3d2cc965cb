//! Other processes on a store: they append until something fails, and race for versions.

use esctl::event::ExpectedVersion;
use esctl::store::Store;
use esctl::store::StoreError;

use crate::common::process::say;
use crate::conformance::kit::events;
use crate::conformance::kit::exactly;
use crate::conformance::kit::request;

/// Appends batches of a size to a stream of its own until one fails; says the ids of each batch that was acknowledged.
pub async fn append_until_it_fails(store: &Store, size: u64) {
    let name = format!("thing-{}", std::process::id());
    loop {
        let batch = events(size);
        let ids: Vec<String> = batch.iter().map(|event| event.event_id.to_string()).collect();
        match store.append(request(&name, ExpectedVersion::Any, batch)).await {
            Ok(_) => say(&ids.join(" ")),
            Err(error) => return say(&format!("failed: {error:?}")),
        }
    }
}

/// Tries for 25 versions of one stream; says which it won.
pub async fn race(store: &Store) {
    for version in 0..25 {
        match store.append(request("thing-1", exactly(version), events(1))).await {
            Ok(_) => say(&format!("won {version}")),
            Err(StoreError::Conflict { actual, .. }) => assert!(actual.0 > version),
            Err(other) => panic!("{other:?}"),
        }
    }
}
