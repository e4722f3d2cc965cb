//! A database that is no store of esctl is reported as such, and is left as it was.

use std::time::Duration;

use esctl::event::ExpectedVersion;
use esctl::store::Init;
use esctl::store::StoreError;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::assert_fails;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::whole;
use crate::faults_mongodb::helper::Place;
use crate::faults_mongodb::helper::all_enabled;
use crate::faults_mongodb::helper::store_at;

#[test]
#[ignore = "needs a server: tests/run"]
fn the_database_of_another_application_is_refused_and_left_as_it_was() {
    all_enabled(async {
        for name in ["commits", "snapshots", "projections", "events"] {
            let place = Place::new();
            let database = place.database().await;
            database.collection::<Document>(name).insert_one(doc! { "_id": 1, "sha": "ab" }).await.unwrap();
            let store = place.store();
            assert_fails!(store.head().await, StoreError::OtherApplication { message, .. } if message.contains(name));
            assert_fails!(store.init().await, StoreError::OtherApplication { .. });
            assert_fails!(
                store.append(request("a-1", ExpectedVersion::Any, events(1))).await,
                StoreError::OtherApplication { .. }
            );
            assert_eq!(database.list_collection_names().await.unwrap(), [name]);
        }
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_database_with_other_collections_beside_takes_a_store_and_keeps_them() {
    all_enabled(async {
        let place = Place::new();
        let others = place.database().await.collection::<Document>("customers");
        others.insert_one(doc! { "_id": 1 }).await.unwrap();
        put(&place.store(), "thing-1", 3).await;
        assert_eq!(whole(&place.store()).await.len(), 3);
        assert_eq!(others.count_documents(doc! {}).await.unwrap(), 1);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_store_of_a_newer_esctl_is_refused() {
    all_enabled(async {
        let place = Place::new();
        put(&place.store(), "thing-1", 1).await;
        let meta = place.database().await.collection::<Document>("esctl_meta");
        meta.update_one(doc! {}, doc! { "$set": { "schema_version": 99_i64 } }).await.unwrap();
        assert_fails!(place.store().head().await, StoreError::Unsupported(message) if message.contains("newer esctl (schema 99"));
        assert_fails!(place.store().init().await, StoreError::Unsupported(_));
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_store_whose_maker_was_killed_is_none_and_is_finished_by_the_next() {
    all_enabled(async {
        let place = Place::new();
        let meta = place.database().await.collection::<Document>("esctl_meta");
        meta.insert_one(doc! { "_id": "store", "application": "esctl", "schema_version": 1_i64, "ready": false }).await.unwrap();
        let store = place.store();
        assert_fails!(store.head().await, StoreError::NoStore(_));
        assert_eq!(store.init().await.unwrap(), Init::Made);
        put(&store, "thing-1", 2).await;
        assert_eq!(whole(&place.store()).await.len(), 2);
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn events_that_were_removed_show() {
    all_enabled(async {
        for (which, removed) in [("the last", doc! { "_id": 3_i64 }), ("one between", doc! { "_id": 2_i64 })] {
            let place = Place::new();
            for _ in 0..3 {
                put(&place.store(), "thing-1", 1).await;
            }
            place.database().await.collection::<Document>("commits").delete_one(removed).await.unwrap();
            let found = crate::conformance::kit::try_read(place.store().scan(esctl::store::ReadQuery::all())).await;
            match which {
                // Nothing but the chain's head, kept elsewhere, tells that the last one is missing.
                "the last" => assert_eq!(found.unwrap().len(), 2),
                _ => {
                    assert_fails!(found, StoreError::Integrity { .. });
                    assert_eq!(place.store().check().await.unwrap().len(), 1);
                }
            }
        }
        let place = Place::new();
        put(&place.store(), "thing-1", 5).await;
        let shorter = doc! { "$pop": { "events": 1 } };
        place.database().await.collection::<Document>("commits").update_one(doc! {}, shorter).await.unwrap();
        let found = crate::conformance::kit::try_read(place.store().scan(esctl::store::ReadQuery::all())).await;
        assert_fails!(found, StoreError::Integrity { .. });
    });
}

#[test]
#[ignore = "needs a server: tests/run"]
fn an_append_that_is_too_large_is_refused_alone() {
    all_enabled(async {
        let place = Place::new();
        let store = place.store();
        let mut large = events(13);
        for event in &mut large {
            event.data = esctl::event::JsonObject::parse(&format!("{{\"x\":\"{}\"}}", "y".repeat(1_000_000))).unwrap();
        }
        let any = ExpectedVersion::Any;
        let asked = vec![request("a-1", any, events(2)), request("b-1", any, large), request("c-1", any, events(2))];
        let outcomes = store.append_together(asked).await.unwrap();
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        assert_fails!(&outcomes[1], StoreError::Invalid(message) if message.contains("exceeds the 12582912 bytes that MongoDB accepts"));
        assert_eq!(whole(&store).await.len(), 4);
    });
}

#[test]
fn a_host_that_is_not_there_is_unavailable_and_the_password_stays_secret() {
    all_enabled(async {
        let store = store_at("mongodb://ann:topsecret@127.0.0.1:1/d", Duration::from_millis(300));
        let append = store.append(request("a-1", ExpectedVersion::Any, events(1))).await;
        for error in [store.head().await.unwrap_err(), store.init().await.unwrap_err(), append.unwrap_err()] {
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("topsecret"));
        }
        assert!(!store.place().contains("topsecret"));
    });
}
