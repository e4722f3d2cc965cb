//! The URL of a store on a database server. Each backend with a server implements it.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::foreign::ForeignDatabase;
use crate::store::options::OpenOptions;

/// The address of a store on a server. Its `Display` and `Debug` show no secrets.
pub trait ServerAddress: Any + fmt::Display + fmt::Debug + Send + Sync {
    /// Returns the backend of the store. Sends no request.
    fn open(&self, options: &OpenOptions) -> Arc<dyn Backend>;

    /// Returns the database for reading what other programs wrote there. Sends no request.
    fn open_foreign(&self, options: &OpenOptions) -> Arc<dyn ForeignDatabase>;

    /// Returns the whole URL, for a program that is to open the same store. It must never be shown.
    fn with_secrets(&self) -> String;

    /// Returns the name of the schema or database that holds the store.
    fn area(&self) -> &str;

    /// Returns the address of a store in another schema or database of the same server.
    fn in_area(&self, name: String) -> ServerUrl;

    /// Removes the schema or database with everything in it, if it exists.
    fn remove(&self, options: &OpenOptions) -> Answer<()>;
}

/// The URL of a store on a server, of any backend.
#[derive(Clone)]
pub struct ServerUrl(Arc<dyn ServerAddress>);

impl ServerUrl {
    /// Wraps the address of a backend.
    pub fn new(address: impl ServerAddress) -> Self {
        Self(Arc::new(address))
    }

    /// Returns the address, if it is of this backend.
    pub fn downcast<T: ServerAddress>(&self) -> Option<&T> {
        let address: &dyn Any = &*self.0;
        address.downcast_ref()
    }
}

impl Deref for ServerUrl {
    type Target = dyn ServerAddress;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for ServerUrl {
    fn eq(&self, other: &Self) -> bool {
        self.with_secrets() == other.with_secrets()
    }
}

impl Eq for ServerUrl {}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
