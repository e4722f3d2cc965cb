//! The query bus: answers queries from read models, by name.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::aggregate::Projection;
use crate::domain;
use crate::event::Timestamp;
use crate::event::same_text;
use crate::runtime::application::ApplicationRows;
use crate::runtime::caveat::Caveat;
use crate::runtime::caveat::Limitations;
use crate::runtime::clock::Clock;
use crate::runtime::definition::Unreadable;
use crate::runtime::definition::definitions;
use crate::runtime::error::RuntimeError;
use crate::runtime::projector::InMemory;
use crate::runtime::projector::Projector;
use crate::runtime::projector::RunOptions;
use crate::runtime::projector::check_belongs;
use crate::runtime::query::Query;
use crate::runtime::query::QueryAnswer;
use crate::runtime::query::QueryRow;
use crate::runtime::query::wanted_row;
use crate::store::Part;
use crate::store::ProjectionRecord;
use crate::store::ReadModel;
use crate::store::RowQuery;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::no_store_is_empty;

/// Number of rows that are read at once.
const BLOCK: usize = 500;
/// Maximum number of attempts to answer from memory while other programs change the stored read model.
const TRIES: usize = 5;
/// Maximum number of read models whose answers are held in memory.
const MAX_IN_MEMORY: usize = 4;

/// The future of a handler's answer.
type Answering = Pin<Box<dyn Future<Output = Result<QueryAnswer, RuntimeError>> + Send>>;
/// An application's own answer to the queries of one name.
type Handler = Arc<dyn Fn(QueryBus, Query, Timestamp) -> Answering + Send + Sync>;

/// Answers queries. Cheap to clone.
#[derive(Clone)]
pub struct QueryBus {
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// The projections of the program, followed by those that the store keeps.
    projections: Vec<Arc<dyn Projection>>,
    /// Number of projections of the program.
    of_program: usize,
    unreadable: Vec<Unreadable>,
    /// Read models in the store whose projections are part of an application.
    of_applications: Vec<Arc<dyn Projection>>,
    handlers: BTreeMap<String, Handler>,
    /// Read models of a store that cannot be written. The next page of an answer uses the same one.
    in_memory: Arc<Mutex<BTreeMap<String, Arc<ReadModelInMemory>>>>,
}

/// A read model that was built in memory.
struct ReadModelInMemory {
    /// The error that keeps it from being stored.
    error: String,
    /// The logic version of the projection.
    logic_version: u32,
    made: InMemory,
}

impl QueryBus {
    /// Creates a bus over the read models of all domains.
    pub fn new(store: Store, clock: Clock) -> Self {
        let projections = domain::projections();
        Self {
            store,
            clock,
            of_program: projections.len(),
            projections,
            unreadable: Vec::new(),
            of_applications: Vec::new(),
            handlers: BTreeMap::new(),
            in_memory: Arc::default(),
        }
    }

    /// Creates a bus over all read models: those of the domains, of the projections that the store keeps, and of
    /// applications.
    pub async fn open(store: Store, clock: Clock) -> Result<Self, RuntimeError> {
        Self::new(store, clock).reopened().await
    }

    /// Returns the same bus with the current projections and read models of the store. Read models in memory are shared
    /// with it.
    pub async fn reopened(&self) -> Result<Self, RuntimeError> {
        let kept = definitions(&self.store).await?;
        let mut bus = self.clone();
        bus.projections.truncate(self.of_program);
        bus.unreadable.clear();
        for definition in kept {
            let projection = definition.and_then(|definition| {
                let unreadable = |(what, error)| Unreadable { name: definition.name.clone(), reason: format!("{what}: {error}") };
                definition.projection().map_err(unreadable)
            });
            match projection {
                Ok(projection) => bus.projections.push(Arc::new(projection)),
                // A definition that cannot be read does not affect the other projections.
                Err(unreadable) => bus.unreadable.push(unreadable),
            }
        }
        let records = no_store_is_empty(self.store.projections().await)?;
        let is_known = |name: &str| {
            let known = bus.projections.iter().map(|projection| projection.name());
            known.chain(bus.unreadable.iter().map(|unreadable| unreadable.name.as_str())).any(|known| known == name)
        };
        let found = ApplicationRows::of(records, is_known);
        bus.of_applications = found.into_iter().map(|rows| Arc::new(rows) as Arc<dyn Projection>).collect();
        Ok(bus)
    }

    /// Returns the store that is queried.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the projections that the store keeps and that this program cannot run.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Returns the same bus with an additional projection.
    #[must_use]
    pub fn with(mut self, projection: Arc<dyn Projection>) -> Self {
        self.of_applications.retain(|rows| rows.name() != projection.name());
        self.projections.insert(self.of_program, projection);
        self.of_program += 1;
        self
    }

    /// Returns the same bus with a handler, which answers the queries of a name. A read model of the same name takes
    /// precedence. The handler gets this bus, and can query read models.
    ///
    /// ```
    /// # use esctl::runtime::{QueryAnswer, Query, QueryBus, QueryRow, system_clock};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = esctl::store::open(&"sqlite::memory:".parse()?, std::time::Duration::from_secs(5))?;
    /// let queries = QueryBus::new(store.clone(), system_clock()).with_handler("count_resources", |queries, _query, at| async move {
    ///     let all = Query { name: "resources".into(), limit: usize::MAX, ..Query::default() };
    ///     let QueryAnswer { rows, caveats } = queries.ask(&all, at).await?;
    ///     Ok(QueryAnswer { rows: vec![QueryRow { key: "resources".into(), row: rows.len().into() }], caveats })
    /// });
    /// # store.init().await?;
    /// let count = Query { name: "count_resources".into(), ..Query::default() };
    /// assert_eq!(queries.ask(&count, system_clock()()).await?.rows[0].row, 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_handler<F, A>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        F: Fn(Self, Query, Timestamp) -> A + Send + Sync + 'static,
        A: Future<Output = Result<QueryAnswer, RuntimeError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |queries, query, at| Box::pin(handler(queries, query, at)));
        self.handlers.insert(name.into(), handler);
        self
    }

    /// Returns the projections that this program can run: its own, followed by those that the store keeps.
    pub fn projections(&self) -> &[Arc<dyn Projection>] {
        &self.projections
    }

    /// Returns the projections of read models that applications maintain. Their rows can be read, but they cannot be
    /// run.
    pub fn of_applications(&self) -> &[Arc<dyn Projection>] {
        &self.of_applications
    }

    /// Returns the projections that apply events of a category, those that apply all events included.
    pub fn projections_of(&self, category: &str) -> Vec<&Arc<dyn Projection>> {
        let applies = |projection: &&Arc<dyn Projection>| {
            let categories = projection.categories();
            categories.is_empty() || categories.iter().any(|wanted| same_text(wanted, category))
        };
        self.projections.iter().filter(applies).collect()
    }

    /// Returns true if the store keeps the projection of this name, so that it can be replaced and deleted.
    pub fn is_kept(&self, name: &str) -> bool {
        self.projections[self.of_program..].iter().any(|projection| projection.name() == name)
    }

    /// Returns true if an application maintains the read model of this name.
    pub fn is_of_application(&self, name: &str) -> bool {
        self.of_applications.iter().any(|projection| projection.name() == name)
    }

    /// Returns the projection of this name, also if only an application can run it.
    ///
    /// # Errors
    /// As [`QueryBus::projection`], except for read models of applications.
    pub fn read_model(&self, name: &str) -> Result<&Arc<dyn Projection>, RuntimeError> {
        match self.of_applications.iter().find(|projection| projection.name() == name) {
            Some(rows) => Ok(rows),
            None => self.projection(name),
        }
    }

    /// Returns the projection of this name, to run it.
    ///
    /// # Errors
    /// [`RuntimeError::NotFound`] if there is none, [`RuntimeError::MaintainedByApplication`] if only an application
    /// has it, and [`StoreError::Unsupported`] if its definition cannot be read.
    pub fn projection(&self, name: &str) -> Result<&Arc<dyn Projection>, RuntimeError> {
        if let Some(Unreadable { reason, .. }) = self.unreadable.iter().find(|unreadable| unreadable.name == name) {
            return Err(StoreError::Unsupported(format!("this program cannot run projection {name}: {reason}")).into());
        }
        if self.is_of_application(name) {
            return Err(RuntimeError::MaintainedByApplication(name.to_owned()));
        }
        let found = self.projections.iter().find(|projection| projection.name() == name);
        found.ok_or_else(|| RuntimeError::NotFound(format!("projection \"{name}\" not found")))
    }

    /// Returns the caveats of the stored rows of a read model.
    pub async fn caveats(&self, name: &str) -> Result<Vec<Caveat>, RuntimeError> {
        Ok(Limitations::load(&self.store, name, (self.clock)()).await?.caveats())
    }

    /// Returns the caveats of an answer from memory.
    async fn caveats_in_memory(&self, name: &str, built: &ReadModelInMemory) -> Result<Vec<Caveat>, RuntimeError> {
        let ReadModelInMemory { error, made, .. } = built;
        let mut limitations = Limitations::load(&self.store, name, (self.clock)()).await?;
        (limitations.failing, limitations.parked) = (made.problems.failing.clone(), made.problems.parked);
        if made.base.as_ref().is_none_or(|base| base.model.part != Part::Live) {
            limitations.missing = 0;
        }
        let mut caveats = vec![Caveat::InMemory(error.clone())];
        caveats.extend(limitations.caveats());
        Ok(caveats)
    }

    /// Returns the caveats of an answer from the stored rows. Includes the lag if they were not brought up to date.
    async fn stored_caveats(&self, name: &str, updated: bool) -> Result<Vec<Caveat>, RuntimeError> {
        let mut caveats = self.caveats(name).await?;
        caveats.extend(self.is_of_application(name).then_some(Caveat::MaintainedByApplication));
        if !updated {
            let live = self.live(name).await?;
            let head = no_store_is_empty(self.store.head().await)?.position;
            let behind = head.0.saturating_sub(live.map_or(0, |live| live.checkpoint.position.0));
            caveats.extend((behind > 0).then_some(Caveat::Behind(behind)));
        }
        Ok(caveats)
    }

    /// Brings the read model up to date, unless the query is `stale`, and answers from it. Rows show their state `at` a
    /// time. A read model that is paused or stopped answers with its current rows and a caveat. If the store can be
    /// read but not written, the answer is made in memory.
    ///
    /// # Errors
    /// As [`Projector::catch_up`]. [`StoreError::ForeignCheckpoint`] also if the read model is not brought up to date.
    pub async fn ask(&self, query: &Query, at: Timestamp) -> Result<QueryAnswer, RuntimeError> {
        let projection = match self.read_model(&query.name) {
            Err(RuntimeError::NotFound(none)) => {
                let Some(handler) = self.handlers.get(&query.name) else { return Err(RuntimeError::NotFound(none)) };
                return handler(self.clone(), query.clone(), at).await;
            }
            found => found?,
        };
        let runs_here = !self.is_of_application(&query.name);
        // A runner or an operator retries a failed event. A query does not.
        let live = self.live(&query.name).await?;
        let updates = runs_here && !query.stale && (live.is_none() || !self.is_halted(&query.name).await?);
        if !updates {
            check_belongs(&self.store, &query.name, live.map(|live| live.checkpoint).unwrap_or_default()).await?;
        } else if let Some(error) = self.bring_up_to_date(&**projection).await? {
            return self.ask_in_memory(&**projection, error, query, at).await;
        } else {
            // The stored rows are current, so those in memory are not needed any more.
            self.in_memory.lock().await.remove(&query.name);
        }
        let rows = self.ask_stored(&**projection, query, at).await?;
        // The projection may stop while it is brought up to date.
        let updated = updates && !self.is_halted(&query.name).await?;
        Ok(QueryAnswer { rows, caveats: self.stored_caveats(&query.name, updated).await? })
    }

    /// Answers from the stored rows.
    async fn ask_stored(&self, projection: &dyn Projection, query: &Query, at: Timestamp) -> Result<Vec<QueryRow>, RuntimeError> {
        // Conditions that do not depend on the time are evaluated by the database, through an index.
        let indexed = projection.indexed_fields();
        // Text beyond ASCII may be stored in another normal form, which an index does not find.
        let by_index =
            |filter: &&(String, Value)| filter.1.as_str().is_some_and(str::is_ascii) && indexed.contains(&filter.0.as_str());
        let filters: Vec<_> = query.filters.iter().filter(by_index).cloned().collect();
        let all_by_index = filters.len() == query.filters.len();
        let mut after = query.after.clone();
        let mut shown = Vec::new();
        loop {
            let left = query.limit - shown.len();
            let limit = if all_by_index { left.min(BLOCK) } else { BLOCK };
            let block = RowQuery { name: query.name.clone(), part: Part::Live, filters: filters.clone(), after, limit };
            let rows = self.store.query_rows(block).await?;
            let last_block = rows.len() < limit;
            after = rows.last().map(|(key, _)| key.clone());
            for (key, row) in rows {
                let mut fold = projection.row(&key);
                fold.restore(&row).map_err(RuntimeError::State)?;
                shown.extend(wanted_row(query, key, fold.show(at)));
            }
            if last_block || shown.len() >= query.limit {
                shown.truncate(query.limit);
                return Ok(shown);
            }
        }
    }

    /// Brings the read model up to date. Returns the error if it cannot be written.
    async fn bring_up_to_date(&self, projection: &dyn Projection) -> Result<Option<StoreError>, RuntimeError> {
        let projector = Projector::new(&self.store, projection, Arc::clone(&self.clock), RunOptions::default());
        match projector.catch_up(&mut |_| {}).await {
            Err(RuntimeError::Store(error @ (StoreError::Unavailable { .. } | StoreError::NotAllowed { .. }))) => {
                Ok(if self.is_current(projection).await? { None } else { Some(error) })
            }
            // The read model is stopped from now on. If it was never built, there is nothing to answer with.
            Err(RuntimeError::Fold { .. }) if self.is_halted(projection.name()).await? => Ok(None),
            result => result.map(|_| None),
        }
    }

    /// Returns the record of the live read model, if there is one.
    async fn live(&self, name: &str) -> Result<Option<ProjectionRecord>, StoreError> {
        Ok(self.store.projections().await?.into_iter().find(|record| record.model == ReadModel::live(name)))
    }

    /// Returns true if the read model is paused or stopped.
    async fn is_halted(&self, name: &str) -> Result<bool, RuntimeError> {
        Ok(Limitations::load(&self.store, name, (self.clock)()).await?.is_halted())
    }

    /// Answers from a store that can be read but not written: from the stored rows, and from what a run changes in
    /// memory.
    async fn ask_in_memory(
        &self,
        projection: &dyn Projection,
        error: StoreError,
        query: &Query,
        at: Timestamp,
    ) -> Result<QueryAnswer, RuntimeError> {
        let projector = Projector::new(&self.store, projection, Arc::clone(&self.clock), RunOptions::default());
        for _ in 0..TRIES {
            let in_memory = self.built(&projector, projection.version(), &error).await?;
            let rows = self.ask_built(projection, &in_memory.made, query, at).await?;
            // Else some rows may be of before, or of a read model that is gone.
            if projector.has_same_base(&in_memory.made).await? {
                return Ok(QueryAnswer { rows, caveats: self.caveats_in_memory(projection.name(), &in_memory).await? });
            }
        }
        let message = format!("read model {} could not be read: it was modified during every attempt", projection.name());
        Err(StoreError::Unavailable { message, source: None }.into())
    }

    /// Returns the read model that a run would make now, from an earlier answer if it is still current.
    async fn built(
        &self,
        projector: &Projector<'_>,
        logic_version: u32,
        error: &StoreError,
    ) -> Result<Arc<ReadModelInMemory>, RuntimeError> {
        let name = projector.name();
        let found = self.in_memory.lock().await.get(name).cloned();
        match found {
            Some(found) if found.logic_version == logic_version && projector.is_current(&found.made).await? => Ok(found),
            _ => {
                let made = projector.run_in_memory().await?;
                let found = Arc::new(ReadModelInMemory { error: error.to_string(), logic_version, made });
                let mut in_memory = self.in_memory.lock().await;
                while in_memory.len() >= MAX_IN_MEMORY && !in_memory.contains_key(name) {
                    in_memory.pop_first();
                }
                in_memory.insert(name.to_owned(), Arc::clone(&found));
                Ok(found)
            }
        }
    }

    async fn ask_built(
        &self,
        projection: &dyn Projection,
        made: &InMemory,
        query: &Query,
        at: Timestamp,
    ) -> Result<Vec<QueryRow>, RuntimeError> {
        let mut shown = Vec::new();
        let mut after = query.after.clone();
        loop {
            let kept = match &made.base {
                Some(base) => {
                    let (name, after, limit, part) = (query.name.clone(), after.clone(), BLOCK, base.model.part);
                    self.store.query_rows(RowQuery { name, part, filters: Vec::new(), after, limit }).await?
                }
                None => Vec::new(),
            };
            let end_of_kept = kept.get(BLOCK - 1).map(|(key, _)| key.clone());
            let changed = |to| made.rows.range::<String, _>((after.as_ref().map_or(Bound::Unbounded, Bound::Excluded), to));
            let end_of_changed = changed(Bound::Unbounded).nth(BLOCK - 1).map(|(key, _)| key.clone());
            // Both sources are known up to this key.
            let end = [end_of_kept, end_of_changed].into_iter().flatten().min();
            let mut rows = BTreeMap::new();
            for (key, row) in kept.into_iter().filter(|(key, _)| end.as_ref().is_none_or(|end| key <= end)) {
                if !made.rows.contains_key(&key) {
                    let mut fold = projection.row(&key);
                    fold.restore(&row).map_err(RuntimeError::State)?;
                    rows.insert(key, fold.show(at));
                }
            }
            let changed = changed(end.as_ref().map_or(Bound::Unbounded, Bound::Included));
            rows.extend(changed.map(|(key, fold)| (key.clone(), fold.show(at))));
            shown.extend(rows.into_iter().filter_map(|(key, row)| wanted_row(query, key, row)));
            if end.is_none() || shown.len() >= query.limit {
                shown.truncate(query.limit);
                return Ok(shown);
            }
            after = end;
        }
    }

    async fn is_current(&self, projection: &dyn Projection) -> Result<bool, StoreError> {
        let head = self.store.head().await?.position;
        let live = self.live(projection.name()).await?;
        Ok(live.is_some_and(|live| live.logic_version == projection.version() && live.checkpoint.position == head))
    }
}
