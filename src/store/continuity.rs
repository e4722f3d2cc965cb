//! Asking a backend: an answer within its time, from the store that this process knows and from no other one.

use std::sync::Arc;

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::store::backend::Answer;
use crate::store::backend::Backend;
use crate::store::backend::Head;
use crate::store::deadline::within;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::facade::Store;
use crate::store::identity::LastSeen;
use crate::store::observer::Change;
use crate::store::read::ReadQuery;
use crate::store::schema::SchemaFault;
use crate::store::schema::must_take_writes;

impl Store {
    /// The last event; position 0 where there is none.
    ///
    /// # Errors
    /// As the backend says; [`StoreError::NoStore`] where nothing has been written yet; [`StoreError::Replaced`] where the
    /// store does not have the last event that this process has seen; [`StoreError::Integrity`] where the recorded head is not the
    /// last event.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let last_seen = self.identity.last_seen();
        let found = self.continued(last_seen).await;
        match &found {
            Ok(head) => self.identity.note_head(*head),
            Err(error) => self.identity.note_error(error),
        }
        found
    }

    async fn continued(&self, last_seen: Option<LastSeen>) -> Result<Head, StoreError> {
        let found = self.within(self.backend.end()).await.and_then(StoreEnd::agreed);
        let Some(seen) = last_seen else { return found };
        let head = match found {
            Err(StoreError::NoStore(_)) => return Err(seen.not_in(&self.place())),
            found => found?,
        };
        let is_in = match seen.is_in(head) {
            Some(is_in) => is_in,
            None => {
                let position = seen.position.0;
                let query = ReadQuery::all().from(position).to(position);
                let page = self.within(self.backend.read(query, 1, EventChunk::default())).await?;
                page.events.get(0).is_some_and(|event| event.hash == seen.hash)
            }
        };
        if is_in {
            return Ok(head);
        }
        // A copy of the store that is not as far yet is no other store.
        if head.position < seen.position && self.within(self.backend.may_lag()).await? {
            let message = format!("{} is at position {}, behind what this process has seen", self.place(), head.position);
            return Err(StoreError::Unavailable { message, source: None });
        }
        Err(seen.not_in(&self.place()))
    }

    /// Returns what differs in the schema from the one that this program makes.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn schema_faults(&self) -> Result<Vec<SchemaFault>, StoreError> {
        self.ask(self.backend.schema_faults()).await
    }

    /// Checks that nothing is missing in the schema that writes rely on, as the first write does.
    ///
    /// # Errors
    /// [`StoreError::Schema`], or as the backend says.
    pub async fn must_take_writes(&self) -> Result<(), StoreError> {
        must_take_writes(&self.place(), &self.schema_faults().await?)
    }

    /// Puts back what is missing or differs in the schema. Returns what was put back.
    ///
    /// # Errors
    /// [`StoreError::Schema`], naming what prevents it, or as the backend says.
    pub async fn repair_schema(&self) -> Result<Vec<String>, StoreError> {
        self.write(|backend| backend.repair_schema()).await
    }

    /// Checks that the store was not found to be replaced; it is not asked.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] until [`Store::head`] finds the right store again.
    pub fn check_not_replaced(&self) -> Result<(), StoreError> {
        self.identity.check()
    }

    /// Awaits an answer to a read.
    pub(in crate::store) async fn ask<T>(&self, answer: Answer<T>) -> Result<T, StoreError> {
        self.check_not_replaced()?;
        self.within(answer).await.inspect_err(|error| self.identity.note_error(error))
    }

    /// Writes what is no append, if the store is the one that this process knows. Observers see the write.
    pub(in crate::store) async fn write<T: Change>(
        &self,
        write: impl FnOnce(&Arc<dyn Backend>) -> Answer<T>,
    ) -> Result<T, StoreError> {
        self.check_continued().await?;
        self.observers.writing();
        let outcome = self.send(write).await;
        self.observers.written(&outcome);
        outcome
    }

    /// As [`Store::write`], for what no answer is made of yet: observers do not see it.
    pub(in crate::store) async fn write_unseen<T>(
        &self,
        write: impl FnOnce(&Arc<dyn Backend>) -> Answer<T>,
    ) -> Result<T, StoreError> {
        self.check_continued().await?;
        self.send(write).await
    }

    async fn check_continued(&self) -> Result<(), StoreError> {
        if self.identity.last_seen().is_some() {
            self.head().await?;
        }
        Ok(())
    }

    async fn send<T>(&self, write: impl FnOnce(&Arc<dyn Backend>) -> Answer<T>) -> Result<T, StoreError> {
        write(&self.backend).await.inspect_err(|error| self.identity.note_error(error))
    }

    /// Returns the time of the server's clock; `None` where the database has no server.
    ///
    /// # Errors
    /// As the backend says.
    pub async fn server_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.within(self.backend.server_clock()).await
    }

    async fn within<T>(&self, answer: Answer<T>) -> Result<T, StoreError> {
        within(&*self.backend, self.timeout, answer).await
    }
}
