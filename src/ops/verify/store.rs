//! Verification of a store against what was written to it: the hash chain, positions, versions and ids of events, and
//! everything that is kept beside them. Events are read in order, once and once more for each read model; memory does not grow with
//! their number.
//!
//! The recorded head of a damaged store may be wrong, so events are read up to the last existing one.

use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Timestamp;
use crate::event::Version;
use crate::ops::error::OpsError;
use crate::ops::future::future_events;
use crate::ops::pages::Pages;
use crate::ops::verify::chain;
use crate::ops::verify::chain::Chain;
use crate::ops::verify::report::VerifyReport;
use crate::ops::verify::verifier::Verifier;
use crate::ops::verify::verifier::damage;
use crate::runtime::version_at;
use crate::store::Head;
use crate::store::Part;
use crate::store::ReadQuery;
use crate::store::Store;
use crate::store::StoreEnd;
use crate::store::StoreError;
use crate::store::StreamQuery;

/// The scope of a verification.
#[derive(Debug, Clone, Default)]
pub struct Verify {
    /// The stream to verify; none: the whole store.
    pub stream: Option<StreamName>,
    /// A head that was kept elsewhere. Everything up to it must be unchanged.
    pub head: Option<(Position, Hash)>,
    /// The present, to find events from the future; none: no search for them.
    pub now: Option<Timestamp>,
}

/// Verifies a store. `progress` gets the number of events that were read. Damage is a finding, not an error.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream.
pub async fn verify(store: &Store, input: &Verify, progress: &mut (dyn FnMut(u64) + Send)) -> Result<VerifyReport, OpsError> {
    // A path that cannot be opened, such as a folder, is a wrong argument and not damage.
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
        // A missing position is already a finding.
        verifier.report.future = damage(future_events(store, now).await)?.unwrap_or_default();
    }
    Ok(verifier.report)
}

/// Returns the number of events that the verification of a whole store reads; none for a store whose head cannot be read.
pub async fn events_to_read(store: &Store) -> Option<u64> {
    let last = store.end().await.ok()?.last.position;
    let read_models = store.projections().await.unwrap_or_default();
    let live = read_models.iter().filter(|record| record.model.part == Part::Live);
    // A damaged checkpoint may be anywhere.
    Some(last.0 + live.map(|record| record.checkpoint.position.min(last).0).sum::<u64>())
}

impl Verifier<'_> {
    /// Compares the recorded head with the last event; none: they differ or cannot be read.
    async fn end(&mut self) -> Result<Option<StoreEnd>, OpsError> {
        let end = self.store.end().await;
        // A path that is not a store is a wrong argument, not damage.
        if let Err(error @ StoreError::Invalid(_)) = end {
            return Err(error.into());
        }
        let Some(end) = self.check("head", end)? else { return Ok(None) };
        (self.report.head_position, self.report.head_hash) = (end.head.position, Some(end.head.hash));
        match end.difference() {
            Some(difference) => self.report.add("head", Some(end.head.position), difference),
            None => return Ok(Some(end)),
        }
        Ok(None)
    }

    async fn everything(&mut self, end: Option<StoreEnd>, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        // Events that are appended meanwhile are beyond the end.
        let to = end.map_or(u64::MAX, |end| end.last.position.0);
        let (last, complete) = self.chain(to, end.is_some(), progress).await?;
        if let Some(end) = end.filter(|end| complete && last != end.last) {
            let message = format!("the events end at position {}, the head is {}", last.position, end.last.position);
            self.report.add("head", Some(end.last.position), message);
        }
        if let Some(end) = end.filter(|_| complete) {
            let counted = self.versions(end.last.position).await;
            self.check("version", counted)?;
        }
        if end.is_some() {
            // This looks events up, which the store refuses beyond a wrong head.
            self.read_models().await?;
            if self.report.events_ok {
                self.all_rows(progress).await?;
            }
        }
        self.records().await?;
        self.snapshots(None).await
    }

    /// Checks each event up to a position against the one before it. Returns the last event, and true if all could be read.
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
            let message = format!("the streams have {versions} versions, but the store has {events} events");
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
                Some(None) | None => break,
            }
        }
        if self.report.events_ok {
            self.rows_of(stream).await?;
        }
        self.snapshots(Some(stream.clone())).await
    }

    /// Checks that the store begins with the events that a head kept elsewhere covers.
    async fn kept_head(
        &mut self,
        position: Position,
        hash: Hash,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), OpsError> {
        if position == Position::ZERO && hash == Hash::ZERO {
            // Every store continues an empty one.
            return Ok(());
        }
        if self.report.stream.is_some() {
            // The other streams have not been checked yet.
            let events = self.report.events;
            self.chain(position.0, false, progress).await?;
            self.report.events = events;
        }
        let event = self.store.first(ReadQuery::all().beyond_head().from(position.0).to(position.0)).await;
        match self.check("head", event)? {
            Some(Some(event)) if event.hash == hash => {}
            Some(Some(event)) => {
                let message = format!("the hash at the position is {}, expected {hash}", event.hash);
                self.report.add("head", Some(position), message);
            }
            Some(None) => {
                let message = "there is no event at the position of the expected head".to_owned();
                self.report.add("head", Some(position), message);
            }
            None => {}
        }
        Ok(())
    }
}
