//! Opens a store of this backend from its URL.

use std::sync::Arc;

use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::error::StoreError;
use crate::store::foreign::ForeignDatabase;
use crate::store::options::OpenOptions;
use crate::store::postgres::backend::Postgres;
use crate::store::postgres::foreign_database::ForeignPostgres;
use crate::store::postgres::url::PostgresUrl;
use crate::store::server_url::ServerAddress;
use crate::store::server_url::ServerUrl;

/// Parses a URL of PostgreSQL. Sends no request.
///
/// # Errors
/// [`StoreError::Invalid`] with the reason and without the password.
pub(crate) fn parse(text: &str) -> Result<ServerUrl, StoreError> {
    PostgresUrl::parse(text).map(ServerUrl::new)
}

impl ServerAddress for PostgresUrl {
    fn open(&self, options: &OpenOptions) -> Arc<dyn Backend> {
        Arc::new(Postgres::new(self, options))
    }

    fn open_foreign(&self, options: &OpenOptions) -> Arc<dyn ForeignDatabase> {
        Arc::new(ForeignPostgres::new(self, options))
    }

    fn with_secrets(&self) -> String {
        self.for_another_program()
    }

    fn area(&self) -> &str {
        self.schema()
    }

    fn in_area(&self, name: String) -> ServerUrl {
        ServerUrl::new(self.in_schema(name))
    }

    fn remove(&self, options: &OpenOptions) -> Answer<()> {
        Postgres::new(self, options).remove()
    }
}
