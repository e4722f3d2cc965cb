//! The dumps of MongoDB: collections, indexes and views, loaded into a database of their own.

use mongodb::Client;
use mongodb::Database;
use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;

use crate::upgrade::dumps::Dump;
use crate::upgrade::dumps::upgrade;

struct Loaded {
    server: String,
    name: String,
}

impl Loaded {
    async fn load(variable: &str, mut dump: &[u8]) -> Self {
        let server = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server"));
        let loaded = Self { server, name: format!("up{}", uuid::Uuid::new_v4().simple()) };
        let database = loaded.database().await;
        while !dump.is_empty() {
            let part = Document::from_reader(&mut dump).unwrap();
            if let Ok(view) = part.get_str("view") {
                let pipeline = part.get_array("pipeline").unwrap();
                let create = doc! { "create": view, "viewOn": part.get_str("over").unwrap(), "pipeline": pipeline };
                database.run_command(create).await.unwrap();
                continue;
            }
            let name = part.get_str("collection").unwrap();
            let indexes: Vec<&Bson> = part.get_array("indexes").unwrap().iter().collect();
            database.run_command(doc! { "createIndexes": name, "indexes": indexes }).await.unwrap();
            let documents: Vec<&Bson> = part.get_array("documents").unwrap().iter().collect();
            if !documents.is_empty() {
                database.run_command(doc! { "insert": name, "documents": documents }).await.unwrap();
            }
        }
        loaded
    }

    async fn database(&self) -> Database {
        Client::with_uri_str(&self.server).await.unwrap().database(&self.name)
    }

    fn url(&self) -> String {
        let (place, options) = self.server.split_once("/?").unwrap_or((self.server.trim_end_matches('/'), ""));
        format!("{place}/{}?{options}", self.name)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: this one is inside a runtime.
        let dropping = std::thread::spawn(move || {
            crate::upgrade::dumps::run(async move {
                Client::with_uri_str(server).await.unwrap().database(&name).drop().await.unwrap();
            });
        });
        let _ = dropping.join();
    }
}

macro_rules! on {
    ($module:ident, $variable:literal, $version:literal, $head:literal, $file:literal) => {
        mod $module {
            use super::*;

            struct OfMongo(Loaded);

            impl Dump for OfMongo {
                const VERSION: u32 = $version;
                const HEAD: &str = $head;

                async fn load() -> Self {
                    Self(Loaded::load($variable, include_bytes!($file)).await)
                }

                fn url(&self) -> String {
                    self.0.url()
                }
            }

            upgrade!(OfMongo, ignore = "needs a server: tests/run");
        }
    };
    ($version:literal, $head:literal, $file:literal: $replica_set:ident, $standalone:ident) => {
        on!($replica_set, "ESCTL_TEST_MONGODB", $version, $head, $file);
        on!($standalone, "ESCTL_TEST_MONGODB_STANDALONE", $version, $head, $file);
    };
}

on!(1, "794f33857cc5d80301123ad2fc76948f85d66fcb1a9a791de1dc5bc4fb1a6e4b", "version1/store.bson": replica_set_1, standalone_1);
on!(2, "be507fe8158a068d11bdc05f973633650ef9b10b68ee88d4cd9f6c28bff605cd", "version2/store.bson": replica_set_2, standalone_2);
