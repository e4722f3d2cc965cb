//! The backends that are tried, a line each at the end.

use esctl::store::OpenOptions;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StoreUrl;
use esctl::store::open;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::conformance::kit::Shared;
use crate::conformance::kit::Subject;
use crate::conformance::kit::TIMEOUT;
use crate::conformance::promises::conformance;
use crate::conformance::replaced::Replaceable;
use crate::conformance::schema::Meddled;

/// A store in a place of its own.
struct Placed {
    store: Store,
    place: Place,
    _folder: TempDir,
}

impl Placed {
    fn on(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::fresh(backend, folder.path(), "store");
        Self { store: open_at(&place), place, _folder: folder }
    }
}

fn open_at(place: &Place) -> Store {
    open(&place.url.parse().unwrap(), OpenOptions::new(TIMEOUT).with_io()).unwrap()
}

/// A subject that is a place on a backend.
macro_rules! placed {
    ($($name:ident)+) => {
        $(
            pub struct $name(Placed);

            impl Subject for $name {
                fn fresh() -> Self {
                    Self(Placed::on(Backend::$name))
                }

                fn store(&self) -> Store {
                    self.0.store.clone()
                }
            }

            impl Shared for $name {
                fn open(&self) -> Store {
                    open_at(&self.0.place)
                }

                fn open_with(&self, options: OpenOptions) -> Result<Store, StoreError> {
                    open(&self.0.place.url.parse().unwrap(), options)
                }
            }

            impl Replaceable for $name {
                fn put_back(&self, to: u64) {
                    self.0.place.put_back(to);
                }

                fn remove(&self) {
                    self.0.place.remove();
                }
            }

            impl Meddled for $name {
                fn meddle(&self, sqlite: &str, postgres: &str, mongodb: ::mongodb::bson::Document) {
                    self.0.place.meddle(sqlite, postgres, mongodb);
                }

                fn copy_without_indexes(&self) {
                    self.0.place.copy_without_indexes();
                }
            }
        )+
    };
}

placed! { Sqlite Postgres MongoReplicaSet MongoStandalone }

/// SQLite in memory: one handle is all there is.
pub struct SqliteMemory(Store);

impl Subject for SqliteMemory {
    fn fresh() -> Self {
        Self(open(&StoreUrl::SqliteMemory, OpenOptions::new(TIMEOUT).with_io()).unwrap())
    }

    fn store(&self) -> Store {
        self.0.clone()
    }
}

conformance!(sqlite_file: Sqlite, shared);
conformance!(sqlite_memory: SqliteMemory, alone);
conformance!(postgres: Postgres, shared, ignore = "needs a server: tests/run");
conformance!(mongodb: MongoReplicaSet, shared, ignore = "needs a server: tests/run");
conformance!(mongodb_standalone: MongoStandalone, shared, ignore = "needs a server: tests/run");
