//! A client's copy, and what it has missed: any commands, deletions and creations in between.

use esctl::domain::document::Document;
use esctl::event::Version;
use esctl::runtime::CommandBus;
use esctl::runtime::CommandEnvelope;
use esctl::runtime::DocumentStore;
use esctl::runtime::RuntimeError;
use esctl::runtime::SnapshotPolicy;
use esctl::runtime::system_clock;
use esctl::store::Store;
use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest::test_runner::TestRunner;
use serde_json::Map;
use serde_json::Value;

use crate::common::any_document::command;
use crate::common::backend::Backend;
use crate::common::backend::Place;

crate::on_every_backend! {
    applying_what_was_missed_gives_the_servers_document
}

type Copy = Option<Map<String, Value>>;

/// A copy as a client saw it at a version.
struct Seen {
    version: Version,
    copy: Copy,
}

fn applying_what_was_missed_gives_the_servers_document(on: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::fresh(on, folder.path(), "documents");
    let store = esctl::store::open(&place.url.parse().unwrap(), std::time::Duration::from_secs(30)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.init()).unwrap();
    let cases = if on == Backend::Sqlite { 64 } else { 16 };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = prop::collection::vec((command(), any::<bool>()), 1..20);
    runner.run(&steps, |steps| runtime.block_on(one_case(&store, steps))).unwrap();
}

async fn one_case(store: &Store, steps: Vec<((&'static str, Value), bool)>) -> Result<(), TestCaseError> {
    let id = uuid::Uuid::new_v4().to_string();
    let bus = CommandBus::new(store.clone(), system_clock(), SnapshotPolicy::every(4));
    let documents = DocumentStore::<Map<String, Value>>::new(store.clone(), system_clock());
    let mut seen = vec![Seen { version: Version::ZERO, copy: None }];
    for ((name, payload), look) in steps {
        let before = seen_now(&documents, &id, store).await;
        match bus.send(&envelope(name, &id, payload)).await {
            Ok(_) => {}
            // What is rejected changes nothing.
            Err(RuntimeError::Decide(_)) => prop_assert_eq!(seen_now(&documents, &id, store).await.copy, before.copy),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
        if look {
            seen.push(seen_now(&documents, &id, store).await);
        }
    }
    let server = seen_now(&documents, &id, store).await;
    for Seen { version, copy } in seen {
        let missing = documents.missing_events(&id, version, "client").await.unwrap();
        prop_assert_eq!(missing.len() as u64, server.version.0 - version.0);
        let mut copy = copy;
        for change in &missing {
            copy = change.apply(copy).unwrap();
            prop_assert_eq!(change.client_id.as_deref(), Some("writer"));
        }
        prop_assert_eq!(&copy, &server.copy, "seen {}", version.0);
    }
    prop_assert!(documents.missing_events(&id, server.version.next(), "client").await.is_err());
    Ok(())
}

async fn seen_now(documents: &DocumentStore<Map<String, Value>>, id: &str, store: &Store) -> Seen {
    let stream = esctl::event::StreamName::of(<Document as esctl::aggregate::Aggregate>::CATEGORY, id).unwrap();
    let version = store.stream_version(stream).await.unwrap();
    let found = documents.find_one(id, "client").await.unwrap();
    assert!(found.as_ref().is_none_or(|found| found.version == version));
    Seen { version, copy: found.map(|found| found.document) }
}

fn envelope(name: &str, id: &str, payload: Value) -> CommandEnvelope {
    CommandEnvelope::new(name, id, payload, "writer")
}
