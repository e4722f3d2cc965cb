//! Statements on the database of a store, by its own means.

pub use mongodb::bson;

use mongodb::Database;
use mongodb::bson::Document;
use mongodb::bson::doc;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use sqlx::Row;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;

/// The database of a store.
pub enum Raw {
    Sqlite(std::path::PathBuf),
    Postgres { server: String, schema: String },
    MongoDb { server: String, database: String },
}

impl Raw {
    /// The database of the store that a program works on.
    pub fn of(on: Backend, esctl: &Esctl) -> Self {
        let url = &esctl.place.url;
        match on {
            Backend::Sqlite => Self::Sqlite(url.strip_prefix("sqlite:").unwrap().into()),
            Backend::Postgres => {
                let (server, schema) = url.split_once("schema=").unwrap();
                Self::Postgres { server: server.trim_end_matches(['?', '&']).to_owned(), schema: schema.to_owned() }
            }
            Backend::MongoReplicaSet | Backend::MongoStandalone => {
                let (place, options) = url.split_once('?').unwrap();
                let (server, database) = place.rsplit_once('/').unwrap();
                Self::MongoDb { server: format!("{server}/?{options}"), database: database.to_owned() }
            }
        }
    }

    /// Runs statements of SQL; the error of the database, if it refuses one.
    pub fn try_sql(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(sql).map_err(|error| error.to_string())
            }
            Self::Postgres { .. } => run(async {
                let mut connection = self.connect().await;
                let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
                done.map(drop).map_err(|error| error.to_string())
            }),
            Self::MongoDb { .. } => panic!("MongoDB has no SQL"),
        }
    }

    /// Runs statements of SQL.
    #[track_caller]
    pub fn sql(&self, sql: &str) {
        if let Err(error) = self.try_sql(sql) {
            panic!("{sql}: {error}");
        }
    }

    /// The first column of the rows of a query.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::Postgres { .. } => run(async {
                let mut connection = self.connect().await;
                let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }),
            Self::MongoDb { .. } => panic!("MongoDB has no SQL"),
        }
    }

    async fn connect(&self) -> PgConnection {
        let Self::Postgres { server, schema } = self else { panic!("no PostgreSQL") };
        let mut connection = PgConnection::connect(server).await.unwrap();
        let path = format!("SET search_path = {schema}");
        sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await.unwrap();
        connection
    }

    /// Works on the database of MongoDB.
    pub fn mongodb<T>(&self, work: impl AsyncFnOnce(Database) -> T) -> T {
        let Self::MongoDb { server, database } = self else { panic!("no MongoDB") };
        run(async {
            let client = mongodb::Client::with_uri_str(server).await.unwrap();
            work(client.database(database)).await
        })
    }

    /// The names of all collections, those of views and of the database itself left out.
    pub fn collections(&self) -> Vec<String> {
        let names =
            self.mongodb(async |database| database.list_collection_names().filter(doc! { "type": "collection" }).await.unwrap());
        names.into_iter().filter(|name| !name.starts_with("system.")).collect()
    }

    /// All documents of a collection.
    pub fn documents(&self, collection: &str) -> Vec<Document> {
        self.mongodb(async |database| {
            let mut found = Vec::new();
            let mut cursor = database.collection::<Document>(collection).find(doc! {}).await.unwrap();
            while cursor.advance().await.unwrap() {
                found.push(cursor.deserialize_current().unwrap());
            }
            found
        })
    }

    /// Updates the documents of a collection that match; at least one.
    #[track_caller]
    pub fn update(&self, collection: &str, which: Document, change: Document) {
        let modified = self.mongodb(async |database| {
            database.collection::<Document>(collection).update_many(which, change).await.unwrap().modified_count
        });
        assert_ne!(modified, 0, "{collection}");
    }

    /// Puts documents in the place of all of a collection.
    pub fn replace_all(&self, collection: &str, documents: &[Document]) {
        self.mongodb(async |database| {
            let collection = database.collection::<Document>(collection);
            collection.delete_many(doc! {}).await.unwrap();
            if !documents.is_empty() {
                collection.insert_many(documents).await.unwrap();
            }
        });
    }

    /// Returns true for a database of MongoDB.
    pub fn is_mongodb(&self) -> bool {
        matches!(self, Self::MongoDb { .. })
    }
}

/// Returns the findings of `verify`, which must have ended with 8.
#[track_caller]
pub fn findings(esctl: &Esctl, args: &[&str]) -> Vec<(String, String)> {
    let output = esctl.run(&[&["verify", "-o", "json"], args].concat());
    assert_eq!(output.code, 8, "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let text = |finding: &serde_json::Value, field: &str| finding[field].as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(|it| (text(it, "kind"), text(it, "message"))).collect()
}
