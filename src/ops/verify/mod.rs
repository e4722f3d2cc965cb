//! Compares a store with what was written to it: the hash chain, positions, versions and ids of events, and what is kept
//! beside them. Events are read once, in order; memory does not grow with their number.
//!
//! The recorded head of a damaged store may be wrong, so events are read up to the last one there is, whatever the head says.

mod chain;
mod read_models;
mod records;
mod report;
mod snapshots;

use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::future::future_events;
use crate::ops::pages::Pages;
use crate::ops::verify::chain::Chain;
use crate::runtime::RuntimeError;
use crate::runtime::version_at;
use crate::store::Head;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreEnd;
use crate::store::StoreError;
use crate::store::StreamQuery;

pub(crate) use chain::broken_streams;
pub(crate) use chain::must_be_recorded;
pub use report::Finding;
pub use report::VerifyReport;

/// The scope of a verification.
#[derive(Debug, Clone, Default)]
pub struct Verify {
    /// Only this stream; none: the whole store.
    pub stream: Option<StreamName>,
    /// A head that was kept elsewhere: everything up to there must be as it was.
    pub head: Option<(Position, Hash)>,
    /// The present, to find events from the future; none: they are not looked for.
    pub now: Option<Timestamp>,
}

/// A verification under way.
struct Verifier<'a> {
    store: &'a Store,
    report: VerifyReport,
}

/// Compares the store with what was written to it. `progress` is called with the number of events that were checked.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, or as the store says. Damage is no error but a finding.
pub async fn verify(store: &Store, input: &Verify, progress: &mut (dyn FnMut(u64) + Send)) -> Result<VerifyReport, OpsError> {
    // A store that cannot be opened, such as a folder, is a wrong argument and not damage.
    if let Err(error @ StoreError::Invalid(_)) = store.end().await {
        return Err(error.into());
    }
    let mut verifier = Verifier { store, report: VerifyReport::new(input.stream.clone()) };
    let end = verifier.end().await?;
    verifier.database().await?;
    match &input.stream {
        Some(stream) => verifier.one_stream(stream, progress).await?,
        None => verifier.everything(end, progress).await?,
    }
    if let Some((position, hash)) = input.head {
        verifier.kept_head(position, hash, progress).await?;
    }
    if let (Some(now), Some(_)) = (input.now, end) {
        // Where a position is missing there is a finding already.
        verifier.report.future = damage(future_events(store, now).await)?.unwrap_or_default();
    }
    Ok(verifier.report)
}

/// Returns the message of an error that says that the store is damaged; any other error is returned.
fn damage<T>(result: Result<T, impl Into<OpsError>>) -> Result<Result<T, String>, OpsError> {
    match result.map_err(Into::into) {
        Ok(value) => Ok(Ok(value)),
        // Names come from the store here, so one that is refused is damage as well.
        Err(OpsError::Runtime(RuntimeError::Store(StoreError::Integrity { message, .. } | StoreError::Invalid(message)))) => {
            Ok(Err(message))
        }
        Err(error) => Err(error),
    }
}

impl Verifier<'_> {
    /// Takes a result that may be damage: then that is a finding, and there is no value.
    fn check<T>(&mut self, kind: &'static str, result: Result<T, impl Into<OpsError>>) -> Result<Option<T>, OpsError> {
        match damage(result)? {
            Ok(value) => Ok(Some(value)),
            Err(message) => {
                self.report.add(kind, None, message);
                Ok(None)
            }
        }
    }

    /// Compares the recorded head with the last event. None: they differ, or cannot be read.
    async fn end(&mut self) -> Result<Option<StoreEnd>, OpsError> {
        let end = self.store.end().await;
        // A place that is no store is a wrong argument, not damage.
        if let Err(error @ StoreError::Invalid(_)) = end {
            return Err(error.into());
        }
        let Some(end) = self.check("head", end)? else { return Ok(None) };
        (self.report.head_position, self.report.head_hash) = (end.head.position, end.head.hash);
        match end.difference() {
            Some(difference) => self.report.add("head", Some(end.head.position), difference),
            None => return Ok(Some(end)),
        }
        Ok(None)
    }

    /// Adds what the database itself finds.
    async fn database(&mut self) -> Result<(), OpsError> {
        let lines = self.store.check().await;
        // A file that is no store at all has nothing to report on.
        if let (Err(error @ StoreError::Integrity { .. }), Err(_)) = (&lines, self.store.end().await) {
            return Err(error.clone().into());
        }
        for line in self.check("database", lines)?.unwrap_or_default() {
            self.report.add("database", None, line);
        }
        let faults = self.store.schema_faults().await;
        for fault in self.check("schema", faults)?.unwrap_or_default() {
            self.report.add("schema", None, fault.message);
        }
        Ok(())
    }

    async fn everything(&mut self, end: Option<StoreEnd>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        // What others append meanwhile is beyond the end, and left out.
        let to = end.map_or(u64::MAX, |end| end.last.position.0);
        let (last, complete) = self.chain(to, end.is_some(), progress).await?;
        if let Some(end) = end.filter(|end| complete && last != end.last) {
            let message = format!("the events end at position {}, not at the head, {}", last.position, end.last.position);
            self.report.add("head", Some(end.last.position), message);
        }
        if let Some(end) = end.filter(|_| complete) {
            let counted = self.versions(end.last.position).await;
            self.check("version", counted)?;
        }
        if end.is_some() {
            // Events are looked up for these, which is refused behind a head that is wrong.
            self.read_models().await?;
        }
        self.records().await?;
        self.snapshots(None).await
    }

    /// Checks each event up to a position against the one before it. Returns the last one, and whether all could be read.
    async fn chain(
        &mut self,
        to: u64,
        check_ids: bool,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(Head, bool), OpsError> {
        let mut chain = Chain::default();
        let mut scan = self.store.scan(ReadQuery::all().beyond_head().to(to));
        loop {
            let Some(next) = ({
                let next = scan.next().await;
                self.check("gap", next)?
            }) else {
                return Ok((chain.last, false));
            };
            let Some(chunk) = next else { return Ok((chain.last, true)) };
            for event in chunk.iter() {
                chain.link(&event, &mut self.report);
            }
            if check_ids {
                let found = chain::check_ids(self.store, chunk, &mut self.report).await;
                self.check("id", found)?;
            }
            self.report.events += chunk.len() as u64;
            progress(chunk.len() as u64);
        }
    }

    /// Compares the versions of all streams with the number of events: a stream at version N has N events.
    async fn versions(&mut self, last: Position) -> Result<(), OpsError> {
        let mut streams = Pages::of(self.store, StreamQuery::default());
        let mut versions = 0;
        while let Some(info) = streams.next().await? {
            let version = match info.last_position > last {
                true => version_at(self.store, &info.name()?, last).await?,
                false => info.version,
            };
            self.report.streams += u64::from(version > Version::ZERO);
            versions += version.0;
        }
        let events = self.report.events;
        if versions != events {
            let message = format!("the streams have {versions} versions, the store {events} events: versions are missing");
            self.report.add("version", None, message);
        }
        Ok(())
    }

    async fn one_stream(&mut self, stream: &StreamName, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        chain::must_have_events(self.store, stream).await?;
        self.report.streams = 1;
        let mut links = chain::StreamLinks::open(self.store, stream);
        loop {
            let checked = links.next(&mut self.report).await;
            match self.check("gap", checked)? {
                Some(Some(events)) => {
                    self.report.events += events;
                    progress(events);
                }
                Some(None) | None => return self.snapshots(Some(stream.clone())).await,
            }
        }
    }

    /// Checks that the store begins with exactly the events that a head kept elsewhere vouches for.
    async fn kept_head(
        &mut self,
        position: Position,
        hash: Hash,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), OpsError> {
        if position == Position::ZERO && hash == Hash::ZERO {
            // Every history goes on from nothing.
            return Ok(());
        }
        if self.report.stream.is_some() {
            // Of the others nothing is known yet.
            let events = self.report.events;
            self.chain(position.0, false, progress).await?;
            self.report.events = events;
        }
        let event = self.store.first(ReadQuery::all().beyond_head().from(position.0).to(position.0)).await;
        match self.check("head", event)? {
            Some(Some(event)) if event.hash == hash => {}
            Some(Some(event)) => {
                let message = format!("the hash there is {}, the one kept elsewhere is {hash}", event.hash);
                self.report.add("head", Some(position), message);
            }
            Some(None) => {
                let message = "there is no event at the position of the head kept elsewhere".to_owned();
                self.report.add("head", Some(position), message);
            }
            None => {}
        }
        Ok(())
    }
}
