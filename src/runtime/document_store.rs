//! Documents of one type: read, changed and deleted as values, and recorded as diffs.

use std::marker::PhantomData;

use json_patch::Patch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value;

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::DomainEvent;
use crate::aggregate::Rejection;
use crate::domain::document::Document;
use crate::domain::document::DocumentCommand;
use crate::domain::document::DocumentEvent;
use crate::domain::document::transition;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::runtime::clock::Clock;
use crate::runtime::document_changes::DocumentChange;
use crate::runtime::document_changes::DocumentChanges;
use crate::runtime::error::RuntimeError;
use crate::runtime::idempotency::content_of;
use crate::runtime::new_events::OutcomeEvent;
use crate::runtime::outcome::CommandResult;
use crate::runtime::repository::Repository;
use crate::runtime::write_options::WriteOptions;
use crate::runtime::writer::WriteOutcome;
use crate::store::Store;
use crate::store::no_store_is_empty;

/// The code of the rejection that carries the error of a closure.
const REFUSED: &str = "refused_by_caller";

/// A document in its current state.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// The id, which follows `document-` in the name of its stream.
    pub id: String,
    /// The version: the number of changes.
    pub version: Version,
    /// The content.
    pub document: T,
    /// The time of the last change.
    pub last_updated: Timestamp,
    /// The client of the last change, if known.
    pub client_id: Option<String>,
}

/// The outcome of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Updated<T> {
    /// The result of the write.
    pub outcome: CommandResult,
    /// The document after the change.
    pub stored: Stored<T>,
    /// The changes (RFC 6902). Empty if nothing changed.
    pub patch: Patch,
}

/// The documents of one type in a store. Cheap to clone.
///
/// Each change is recorded as an event with its client and a diff. Nothing is recorded if nothing changed. A write
/// names its client by an id, or by [`WriteOptions`], which can also expect a version or carry an idempotency key.
/// After a conflict with another client the change is decided again on the newest state, unless a version was expected.
///
/// ```
/// use std::time::Duration;
///
/// use esctl::event::Version;
/// use esctl::runtime::{DocumentStore, WriteOptions, system_clock};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Plan {
///     title: String,
///     steps: Vec<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
/// let plans = DocumentStore::<Plan>::new(store, system_clock());
/// plans.find_one_and_upsert("tour", &Plan { title: "Tour".into(), steps: vec![] }, "ann").await?;
///
/// let updated = plans.find_one_and_update("tour", "bob", |plan| plan.steps.push("pack".into())).await?;
/// assert_eq!(updated.patch.to_string(), r#"[{"op":"add","path":"/steps/0","value":"pack"}]"#);
/// assert_eq!(updated.stored.version, Version(2));
///
/// // Ann has seen version 1. She reads the changes that she has missed, and her own write is refused.
/// let missed = plans.missing_events("tour", Version(1), "ann").await?;
/// assert_eq!((missed.len(), missed[0].client_id.as_deref()), (1, Some("bob")));
/// let late = plans.find_one_and_update("tour", WriteOptions::by("ann").expecting(Version(1)), |plan| plan.title.clear()).await;
/// assert!(late.is_err());
///
/// plans.delete_one("tour", "ann").await?;
/// assert_eq!(plans.find_one("tour", "bob").await?, None);
/// # Ok(())
/// # }
/// ```
pub struct DocumentStore<T> {
    documents: Repository<Document>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for DocumentStore<T> {
    fn clone(&self) -> Self {
        Self { documents: self.documents.clone(), of: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> DocumentStore<T> {
    /// Returns the documents of a store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { documents: Repository::new(store, clock), of: PhantomData }
    }

    /// Returns a document in its current state; `None` if it does not exist or was deleted.
    ///
    /// # Errors
    /// [`RuntimeError::Document`] if the document is not of type `T`.
    pub async fn find_one(&self, id: &str, client_id: &str) -> Result<Option<Stored<T>>, RuntimeError> {
        tracing::debug!(id, client_id, "finding a document");
        let fold = self.documents.load(id).await?;
        fold.state().document.is_some().then(|| stored(&fold)).transpose()
    }

    /// Creates a document, or replaces its content and records the differences.
    ///
    /// # Errors
    /// [`RuntimeError::Document`] if the value cannot be recorded or read back. A conflict if the expected version
    /// differs.
    pub async fn find_one_and_upsert(
        &self,
        id: &str,
        document: &T,
        who: impl Into<WriteOptions>,
    ) -> Result<Updated<T>, RuntimeError> {
        let members = recorded(id, document)?;
        let content = Value::Object(members.clone()).to_string();
        let decide = |fold: &AggregateFold<Document>, now| match fold.state().document {
            None => decide(fold, DocumentCommand::Create(members.clone()), now),
            Some(_) => decide(fold, DocumentCommand::Replace(members.clone()), now),
        };
        updated(self.write(id, "document.upsert", &content, &who.into(), decide).await?)
    }

    /// Edits a document with a closure and records the changes. After a conflict the closure edits the newest state
    /// again.
    ///
    /// # Errors
    /// A rejection if the document does not exist. [`RuntimeError::Document`] if it is not of type `T`, or if the
    /// edited value cannot be recorded. A conflict if the expected version differs.
    pub async fn find_one_and_update(
        &self,
        id: &str,
        who: impl Into<WriteOptions>,
        mut edit: impl FnMut(&mut T),
    ) -> Result<Updated<T>, RuntimeError> {
        let edit = |document: &mut T| {
            edit(document);
            Ok::<_, RuntimeError>(())
        };
        self.find_one_and_try_update(id, who, edit).await
    }

    /// Edits a document as [`DocumentStore::find_one_and_update`] does. If the closure returns an error, nothing is
    /// written.
    ///
    /// ```
    /// # use esctl::runtime::{DocumentStore, RuntimeError, system_clock};
    /// # type Account = std::collections::BTreeMap<String, i64>;
    /// #[derive(Debug, thiserror::Error)]
    /// enum Withdraw {
    ///     #[error("the balance is {0}")]
    ///     TooLittle(i64),
    ///     #[error(transparent)]
    ///     Runtime(#[from] RuntimeError),
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = esctl::store::open(&"sqlite::memory:".parse()?, std::time::Duration::from_secs(5))?;
    /// # let accounts = DocumentStore::<Account>::new(store, system_clock());
    /// # accounts.find_one_and_upsert("ann", &Account::from([("balance".into(), 3)]), "ann").await?;
    /// let withdraw = |account: &mut Account| {
    ///     let balance = account.entry("balance".into()).or_default();
    ///     if *balance < 5 {
    ///         return Err(Withdraw::TooLittle(*balance));
    ///     }
    ///     *balance -= 5;
    ///     Ok(())
    /// };
    /// let refused = accounts.find_one_and_try_update("ann", "ann", withdraw).await;
    /// assert!(matches!(refused, Err(Withdraw::TooLittle(3))));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The error of the closure, or as [`DocumentStore::find_one_and_update`].
    pub async fn find_one_and_try_update<E: From<RuntimeError>>(
        &self,
        id: &str,
        who: impl Into<WriteOptions>,
        mut edit: impl FnMut(&mut T) -> Result<(), E>,
    ) -> Result<Updated<T>, E> {
        let mut refusal = None;
        let decide = |fold: &AggregateFold<Document>, now| {
            refusal = None;
            let after = match fold.state().document {
                Some(_) => {
                    let mut document = stored(fold)?.document;
                    if let Err(error) = edit(&mut document) {
                        refusal = Some(error);
                        return Err(DecideError::Rejected(Rejection::new(REFUSED, "the caller refused the change")).into());
                    }
                    recorded(id, &document)?
                }
                // The domain reports that the document does not exist or was deleted.
                None => Map::new(),
            };
            decide(fold, DocumentCommand::Replace(after), now)
        };
        match self.write(id, "document.update", "", &who.into(), decide).await {
            Ok(written) => Ok(updated(written)?),
            Err(RuntimeError::Decide(DecideError::Rejected(rejection))) if rejection.code == REFUSED => {
                Err(refusal.unwrap_or_else(|| RuntimeError::Decide(rejection.into()).into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a document and returns the version of the deletion. Its history remains.
    ///
    /// # Errors
    /// A rejection if the document does not exist. A conflict if the expected version differs.
    pub async fn delete_one(&self, id: &str, who: impl Into<WriteOptions>) -> Result<Version, RuntimeError> {
        let decide = |fold: &AggregateFold<Document>, now| decide(fold, DocumentCommand::Delete, now);
        Ok(self.write(id, "document.delete", "", &who.into(), decide).await?.version)
    }

    /// Returns every change after a version that a client has seen, in order. Version 0 means nothing.
    /// [`DocumentChange::apply`] brings the client's copy up to date.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] if the document has not reached that version.
    pub async fn missing_events(&self, id: &str, after: Version, client_id: &str) -> Result<Vec<DocumentChange>, RuntimeError> {
        tracing::debug!(id, client_id, after = after.0, "reading missed changes");
        let stream = StreamName::of(Document::CATEGORY, id)?;
        let store = self.documents.store();
        let last = no_store_is_empty(store.stream_version(stream.clone()).await)?;
        if after > last {
            return Err(RuntimeError::NotFound(format!("document {id} is at version {last}, not {after}")));
        }
        let mut missing = Vec::new();
        if after < last {
            let mut changes = DocumentChanges::open(store, &stream, after);
            while let Some(chunk) = changes.next().await? {
                missing.extend(chunk);
            }
        }
        Ok(missing)
    }

    async fn write(
        &self,
        id: &str,
        command: &str,
        content: &str,
        options: &WriteOptions,
        decide: impl FnMut(&AggregateFold<Document>, Timestamp) -> Result<Vec<DocumentEvent>, RuntimeError>,
    ) -> Result<WriteOutcome<AggregateFold<Document>>, RuntimeError> {
        self.documents.write(id, Some(command), content_of(command, content), options, decide).await
    }
}

fn decide(fold: &AggregateFold<Document>, command: DocumentCommand, now: Timestamp) -> Result<Vec<DocumentEvent>, RuntimeError> {
    let events = fold.state().decide(fold.id(), &command, now);
    Ok(events.map_err(|no| DecideError::Rejected(no.into()))?)
}

/// Returns a value as recorded. A value that could not be read back, such as a number without JSON text, is refused.
fn recorded<T: Serialize + DeserializeOwned>(id: &str, document: &T) -> Result<Map<String, Value>, RuntimeError> {
    let refused = |source| RuntimeError::Document { id: id.to_owned(), what: "cannot be recorded", source };
    let members = DocumentCommand::document(document).map_err(refused)?;
    T::deserialize(Value::Object(members.clone())).map_err(refused)?;
    Ok(members)
}

fn stored<T: DeserializeOwned>(fold: &AggregateFold<Document>) -> Result<Stored<T>, RuntimeError> {
    let state = fold.state();
    let id = fold.id().to_owned();
    let document = Value::Object(state.document.clone().unwrap_or_default());
    let refused = |source| RuntimeError::Document { id: id.clone(), what: "is not of the requested type", source };
    let document = T::deserialize(document).map_err(refused)?;
    let (version, last_updated, client_id) = (fold.stream_version(), state.last_updated, state.client_id.clone());
    Ok(Stored { id, version, document, last_updated, client_id })
}

fn updated<T: DeserializeOwned>(written: WriteOutcome<AggregateFold<Document>>) -> Result<Updated<T>, RuntimeError> {
    // A change is one event or none.
    let patch = written.events.first().map_or_else(Patch::default, patch_of);
    Ok(Updated { outcome: written.outcome, stored: stored(&written.fold)?, patch })
}

fn patch_of(event: &OutcomeEvent) -> Patch {
    match DocumentEvent::from_data(&event.event_type, event.data.as_str()) {
        Some(Ok(DocumentEvent::Created(created))) => transition(None, Some(&created.document)),
        Some(Ok(DocumentEvent::Updated(updated))) => updated.patch,
        // Upserts and updates lead to no other events.
        _ => Patch::default(),
    }
}
