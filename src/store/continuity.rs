//! The identity and the schema of a store: checked before writes, so that they reach the store that this process knows.

use crate::event::EventChunk;
use crate::event::Timestamp;
use crate::store::answer::Answer;
use crate::store::backend::Backend;
use crate::store::end::StoreEnd;
use crate::store::error::StoreError;
use crate::store::event_store::Store;
use crate::store::head::Head;
use crate::store::identity::LastSeen;
use crate::store::observer::WriteResult;
use crate::store::read::ReadQuery;
use crate::store::schema::SchemaFault;
use crate::store::schema::check_writable;

impl Store {
    /// Returns the last event; position 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError::NoStore`] where no store exists; [`StoreError::Replaced`] where the store lacks the last event that
    /// this process has seen; [`StoreError::Integrity`] where the recorded head is not the last event.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let last_seen = self.reader.identity.last_seen();
        let found = self.continued(last_seen).await;
        match &found {
            Ok(head) => self.reader.identity.note_head(*head),
            Err(error) => self.reader.identity.note_error(error),
        }
        found
    }

    async fn continued(&self, last_seen: Option<LastSeen>) -> Result<Head, StoreError> {
        let found = self.reader.within(self.reader.log.end()).await.and_then(StoreEnd::agreed);
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
                let page = self.reader.within(self.reader.log.read(query, 1, EventChunk::default())).await?;
                page.events.get(0).is_some_and(|event| event.hash == seen.hash)
            }
        };
        if is_in {
            return Ok(head);
        }
        // A standby that is not as far yet is no other store.
        if head.position < seen.position && self.reader.within(self.backend.may_lag()).await? {
            let message =
                format!("{} is at position {}, behind the last event that this process has seen", self.place(), head.position);
            return Err(StoreError::Unavailable { message, source: None });
        }
        Err(seen.not_in(&self.place()))
    }

    /// Returns the differences from the schema that this program creates.
    pub async fn schema_faults(&self) -> Result<Vec<SchemaFault>, StoreError> {
        self.reader.ask(self.backend.schema_faults()).await
    }

    /// Checks the parts of the schema that writes rely on, as the first write does.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when one of them is missing or differs.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        check_writable(&self.place(), &self.schema_faults().await?)
    }

    /// Restores missing or differing parts of the schema. Returns the restored parts.
    ///
    /// # Errors
    /// [`StoreError::Schema`] names the obstacle.
    pub async fn repair_schema(&self) -> Result<Vec<String>, StoreError> {
        self.write(|backend| backend.repair_schema()).await
    }

    /// Checks that the store was not found to be replaced. Sends no request.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] until [`Store::head`] finds the right store again.
    pub fn check_not_replaced(&self) -> Result<(), StoreError> {
        self.reader.identity.check()
    }

    /// Writes other things than events, if the store is the one that this process knows. Observers see the write.
    pub(in crate::store) async fn write<T: WriteResult>(
        &self,
        write: impl FnOnce(&dyn Backend) -> Answer<T>,
    ) -> Result<T, StoreError> {
        self.check_continued().await?;
        self.observers.writing();
        let outcome = self.send(write).await;
        self.observers.written(&outcome);
        outcome
    }

    /// Writes as [`Store::write`] does, for data that no answer uses yet. Observers do not see the write.
    pub(in crate::store) async fn write_unseen<T>(&self, write: impl FnOnce(&dyn Backend) -> Answer<T>) -> Result<T, StoreError> {
        self.check_continued().await?;
        self.send(write).await
    }

    async fn check_continued(&self) -> Result<(), StoreError> {
        if self.reader.identity.last_seen().is_some() {
            self.head().await?;
        }
        Ok(())
    }

    async fn send<T>(&self, write: impl FnOnce(&dyn Backend) -> Answer<T>) -> Result<T, StoreError> {
        write(&*self.backend).await.inspect_err(|error| self.reader.identity.note_error(error))
    }

    /// Returns the time of the server's clock; `None` where the database has no server.
    pub async fn server_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        self.reader.within(self.backend.server_clock()).await
    }
}
