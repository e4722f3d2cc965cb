//! Typed load, decide, append, retry for one aggregate: what a program built on this crate uses.

use crate::aggregate::Aggregate;
use crate::aggregate::AggregateFold;
use crate::aggregate::DecideError;
use crate::aggregate::DomainEvent;
use crate::event::EventType;
use crate::event::ExpectedVersion;
use crate::event::JsonObject;
use crate::event::NewEvent;
use crate::event::StreamName;
use crate::runtime::Clock;
use crate::runtime::error::RuntimeError;
use crate::runtime::load::LoadOptions;
use crate::runtime::load::load;
use crate::store::AppendRequest;
use crate::store::RecordTime;
use crate::store::Store;
use crate::store::StoreError;

/// The aggregates of one type in a store.
pub struct Repository<A> {
    store: Store,
    clock: Clock,
    retries: u32,
    aggregate: std::marker::PhantomData<fn() -> A>,
}

impl<A: Aggregate> Repository<A> {
    /// The aggregates of a store; 5 retries after a conflict.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, retries: 5, aggregate: std::marker::PhantomData }
    }

    /// Its state as it is now, from the newest snapshot and the events after it.
    ///
    /// # Errors
    /// As the store says, or when an event cannot be read. A store that is not there yet has no events.
    pub async fn load(&self, id: &str) -> Result<AggregateFold<A>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        let mut fold = AggregateFold::new(stream.as_str());
        match load(&self.store, &stream, &mut fold, LoadOptions::default()).await {
            Ok(_) | Err(RuntimeError::Store(StoreError::NoStore(_))) => Ok(fold),
            Err(error) => Err(error),
        }
    }

    /// Loads, decides, appends; after a conflict loads and decides again. The state after it.
    ///
    /// # Errors
    /// A rejection ([`RuntimeError::Decide`]), [`RuntimeError::RetriesExhausted`], or as the store says.
    pub async fn execute(&self, id: &str, command: &A::Command, client_id: &str) -> Result<AggregateFold<A>, RuntimeError> {
        let stream = StreamName::of(A::CATEGORY, id)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut fold = self.load(id).await?;
            let decided = fold.state().decide(id, command, (self.clock)()).map_err(|no| DecideError::Rejected(no.into()))?;
            if decided.is_empty() {
                return Ok(fold);
            }
            let expected = ExpectedVersion::Exact(fold.stream_version());
            let events = decided.iter().map(|event| new_event::<A>(event, client_id)).collect::<Result<_, _>>()?;
            let request = AppendRequest { stream: stream.clone(), expected, events, time: RecordTime::StoreClock };
            match self.store.append(request).await {
                Ok(appended) => {
                    for (event, recorded) in decided.iter().zip(&appended.events) {
                        fold.evolve(event, recorded.recorded_at);
                    }
                    return Ok(fold);
                }
                Err(conflict @ StoreError::Conflict { .. }) if attempts > self.retries => {
                    return Err(RuntimeError::RetriesExhausted { stream: stream.to_string(), attempts, source: conflict });
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn new_event<A: Aggregate>(event: &A::Event, client_id: &str) -> Result<NewEvent, RuntimeError> {
    let event_type = event.event_type();
    let mut new = NewEvent::new(EventType::parse(event_type)?, event)?;
    new.schema_version = A::Event::schema_version(event_type);
    let metadata = serde_json::json!({ "client_id": client_id, "correlation_id": new.event_id });
    new.metadata = JsonObject::of(&metadata)?;
    Ok(new)
}
