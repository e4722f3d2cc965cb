//! `DocumentStore<T>`: values in and out, diffs recorded, nothing recorded that could not be read back.

use std::collections::BTreeMap;
use std::time::Duration;

use esctl::aggregate::DecideError;
use esctl::event::Version;
use esctl::runtime::CommandResult;
use esctl::runtime::DocumentStore;
use esctl::runtime::RuntimeError;
use esctl::runtime::WriteOptions;
use esctl::runtime::system_clock;
use esctl::store::Store;
use esctl::store::StoreError;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;

crate::on_every_backend! {
    async:
    values_are_found_changed_and_deleted
    clients_that_edit_at_the_same_time_lose_nothing
    an_expected_version_decides_between_two_clients
    what_cannot_be_stored_fails_the_change
    a_document_of_another_type_is_reported
    a_key_counts_once
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Plan {
    title: String,
    stops: Vec<String>,
    #[serde(default)]
    ratio: f64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    seen: BTreeMap<String, u64>,
}

struct World {
    store: Store,
    plans: DocumentStore<Plan>,
    _place: Place,
    _folder: TempDir,
}

fn world(on: Backend) -> World {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::fresh(on, folder.path(), "typed");
    let store = esctl::store::open(&place.url.parse().unwrap(), Duration::from_secs(30)).unwrap();
    World { plans: DocumentStore::new(store.clone(), system_clock()), store, _place: place, _folder: folder }
}

fn tour() -> Plan {
    Plan { title: "Tour".into(), stops: vec!["Rome".into()], ..Plan::default() }
}

async fn values_are_found_changed_and_deleted(on: Backend) {
    let World { plans, .. } = &world(on);
    assert_eq!(plans.find_one("tour", "ann").await.unwrap(), None);
    assert_eq!(plans.missing_events("tour", Version(0), "ann").await.unwrap(), []);
    let made = plans.find_one_and_upsert("tour", &tour(), "ann").await.unwrap();
    assert_eq!((made.outcome, made.stored.version, made.stored.document), (CommandResult::Applied, Version(1), tour()));
    let same = plans.find_one_and_upsert("tour", &tour(), "bob").await.unwrap();
    assert_eq!((same.outcome, same.stored.client_id.as_deref(), same.patch.len()), (CommandResult::Unchanged, Some("ann"), 0));
    let updated = plans.find_one_and_update("tour", "bob", |plan| plan.stops.push("Ulm".into())).await.unwrap();
    assert_eq!(serde_json::to_value(&updated.patch).unwrap(), json!([{"op": "add", "path": "/stops/1", "value": "Ulm"}]));
    let found = plans.find_one("tour", "ann").await.unwrap().unwrap();
    assert_eq!((&found, found.client_id.as_deref()), (&updated.stored, Some("bob")));
    let nothing = plans.find_one_and_update("tour", "cyd", |_| {}).await.unwrap();
    assert_eq!((nothing.outcome, nothing.stored), (CommandResult::Unchanged, found));
    let replaced = plans.find_one_and_upsert("tour", &Plan::default(), "cyd").await.unwrap();
    assert_eq!((replaced.outcome, replaced.stored.document), (CommandResult::Applied, Plan::default()));
    assert_eq!(plans.delete_one("tour", "ann").await.unwrap(), Version(4));
    assert_eq!(plans.find_one("tour", "bob").await.unwrap(), None);
    for refused in [plans.delete_one("tour", "ann").await.err(), plans.find_one_and_update("tour", "ann", |_| {}).await.err()] {
        assert!(matches!(refused, Some(RuntimeError::Decide(DecideError::Rejected(no))) if no.code == "document_not_found"));
    }
    let again = plans.find_one_and_upsert("tour", &tour(), "dan").await.unwrap();
    assert_eq!(again.stored.version, Version(5));
    let missed = plans.missing_events("tour", Version(2), "bob").await.unwrap();
    let who: Vec<_> = missed.iter().map(|change| (change.version.0, change.client_id.as_deref().unwrap())).collect();
    assert_eq!(who, [(3, "cyd"), (4, "ann"), (5, "dan")]);
}

async fn clients_that_edit_at_the_same_time_lose_nothing(on: Backend) {
    let World { plans, .. } = &world(on);
    plans.find_one_and_upsert("tour", &tour(), "ann").await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..6 {
        let plans = plans.clone();
        tasks.push(tokio::spawn(async move {
            let who = WriteOptions { retry_for: Duration::from_secs(30), ..WriteOptions::by(format!("c{n}")) };
            plans.find_one_and_update("tour", who, |plan| *plan.seen.entry(format!("c{n}")).or_default() += 1).await.unwrap()
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let found = plans.find_one("tour", "ann").await.unwrap().unwrap();
    assert_eq!((found.version, found.document.seen.len()), (Version(7), 6));
    assert!(found.document.seen.values().all(|times| *times == 1), "{found:?}");
}

async fn an_expected_version_decides_between_two_clients(on: Backend) {
    let World { plans, .. } = &world(on);
    plans.find_one_and_upsert("tour", &tour(), WriteOptions::by("ann").expecting(Version(0))).await.unwrap();
    plans.find_one_and_update("tour", WriteOptions::by("ann").expecting(Version(1)), |plan| plan.title.push('!')).await.unwrap();
    let late = plans.find_one_and_update("tour", WriteOptions::by("bob").expecting(Version(1)), |plan| plan.title.clear()).await;
    assert!(matches!(late, Err(RuntimeError::Store(StoreError::Conflict { actual: Version(2), .. }))), "{late:?}");
    let late = plans.delete_one("tour", WriteOptions::by("bob").expecting(Version(1))).await;
    assert!(matches!(late, Err(RuntimeError::Store(StoreError::Conflict { .. }))), "{late:?}");
    assert_eq!(plans.find_one("tour", "ann").await.unwrap().unwrap().document.title, "Tour!");
}

async fn what_cannot_be_stored_fails_the_change(on: Backend) {
    let World { plans, store, .. } = &world(on);
    plans.find_one_and_upsert("tour", &tour(), "ann").await.unwrap();
    let edits: [fn(&mut Plan); 4] = [
        |plan| plan.ratio = f64::NAN,
        |plan| plan.title.push('\0'),
        |plan| plan.seen = BTreeMap::from([("n".into(), u64::MAX)]),
        |plan| plan.title = "x".repeat(2 << 20),
    ];
    for edit in edits {
        assert!(plans.find_one_and_update("tour", "ann", edit).await.is_err());
        let mut plan = tour();
        edit(&mut plan);
        assert!(plans.find_one_and_upsert("tour", &plan, "ann").await.is_err());
        assert!(plans.find_one_and_upsert("other", &plan, "ann").await.is_err());
    }
    assert_eq!((store.head().await.unwrap().position.0, plans.find_one("other", "ann").await.unwrap()), (1, None));
    let numbers = DocumentStore::<Vec<u8>>::new(store.clone(), system_clock());
    let refused = numbers.find_one_and_upsert("list", &vec![1], "ann").await.unwrap_err();
    assert!(matches!(refused, RuntimeError::Document { what: "cannot be recorded", .. }), "{refused}");
}

async fn a_document_of_another_type_is_reported(on: Backend) {
    let World { plans, store, .. } = &world(on);
    let others = DocumentStore::<BTreeMap<String, u64>>::new(store.clone(), system_clock());
    others.find_one_and_upsert("tour", &BTreeMap::from([("n".to_owned(), 1)]), "ann").await.unwrap();
    for error in [plans.find_one("tour", "ann").await.err(), plans.find_one_and_update("tour", "ann", |_| {}).await.err()] {
        assert!(matches!(error, Some(RuntimeError::Document { what: "is not of the requested type", .. })), "{error:?}");
    }
}

async fn a_key_counts_once(on: Backend) {
    let World { plans, .. } = &world(on);
    plans.find_one_and_upsert("tour", &tour(), "ann").await.unwrap();
    let keyed = || WriteOptions::by("ann").keyed("k");
    let first = plans.find_one_and_update("tour", keyed(), |plan| plan.stops.push("Ulm".into())).await.unwrap();
    let second = plans.find_one_and_update("tour", keyed(), |plan| plan.stops.push("Ulm".into())).await.unwrap();
    assert_eq!((second.outcome, second.stored), (CommandResult::AlreadyApplied, first.stored));
    assert!(matches!(plans.delete_one("tour", keyed()).await, Err(RuntimeError::KeyReused { .. })));
}
