//! Opens a store of this backend from its URL.

use std::sync::Arc;

use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::error::StoreError;
use crate::store::foreign::ForeignDatabase;
use crate::store::invalid_url::invalid_url;
use crate::store::mongodb::backend::MongoDb;
use crate::store::mongodb::foreign_database::ForeignMongo;
use crate::store::mongodb::url::MongoUrl;
use crate::store::options::OpenOptions;
use crate::store::server_url::ServerAddress;
use crate::store::server_url::ServerUrl;

/// Parses a URL of MongoDB. Sends no request.
///
/// # Errors
/// [`StoreError::Invalid`] with the reason and without the password.
pub(crate) fn parse(text: &str) -> Result<ServerUrl, StoreError> {
    MongoUrl::parse(text).map(ServerUrl::new).map_err(|reason| invalid_url(text, &reason))
}

impl ServerAddress for MongoUrl {
    fn open(&self, options: &OpenOptions) -> Arc<dyn Backend> {
        Arc::new(MongoDb::new(self.clone(), options.clone()))
    }

    fn open_foreign(&self, options: &OpenOptions) -> Arc<dyn ForeignDatabase> {
        Arc::new(ForeignMongo::new(self.clone(), options.clone()))
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
