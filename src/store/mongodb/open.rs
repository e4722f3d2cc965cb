//! Opening a store of this backend from its URL.

use std::sync::Arc;

use crate::store::backend::Answer;
use crate::store::backend::Backend;
use crate::store::bare::Bare;
use crate::store::error::StoreError;
use crate::store::mongodb::BareMongoDb;
use crate::store::mongodb::MongoDb;
use crate::store::mongodb::MongoUrl;
use crate::store::options::OpenOptions;
use crate::store::server_url::ServerAddress;
use crate::store::server_url::ServerUrl;
use crate::store::url::invalid_url;

/// Reads a URL of MongoDB. No server is asked.
///
/// # Errors
/// [`StoreError::Invalid`] with the reason; never with a password.
pub(in crate::store) fn parse(text: &str) -> Result<ServerUrl, StoreError> {
    MongoUrl::parse(text).map(ServerUrl::new).map_err(|reason| invalid_url(text, &reason))
}

impl ServerAddress for MongoUrl {
    fn open(&self, options: &OpenOptions) -> Arc<dyn Backend> {
        Arc::new(MongoDb::new(self.clone(), options.clone()))
    }

    fn bare(&self, options: &OpenOptions) -> Box<dyn Bare> {
        Box::new(BareMongoDb::new(self.clone(), options.clone()))
    }

    fn with_secrets(&self) -> String {
        self.for_another_program()
    }

    fn area(&self) -> &str {
        self.database()
    }

    fn in_area(&self, name: String) -> ServerUrl {
        ServerUrl::new(self.in_database(name))
    }

    fn remove(&self, options: &OpenOptions) -> Answer<()> {
        MongoDb::new(self.clone(), options.clone()).remove()
    }
}
