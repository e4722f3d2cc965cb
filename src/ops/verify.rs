//! Is everything still as it was written? The hash chain, positions and versions without gaps, ids.

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use crate::event::EventChunk;
use crate::event::EventView;
use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::event::chain_hash;
use crate::ops::error::OpsError;
use crate::ops::near::must_exist;
use crate::ops::pages::Pages;
use crate::ops::snapshots::SnapshotPages;
use crate::runtime::check_belongs;
use crate::runtime::version_at;
use crate::store::Head;
use crate::store::Part;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StreamQuery;

/// So many findings are listed; more of them say nothing new.
const MAX_FINDINGS: usize = 20;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind, in `snake_case`: `hash`, `time`, `gap`, `version`, `id`, `head`, `snapshot`,
    /// `checkpoint`, `content_hash`, `database`.
    pub kind: &'static str,
    /// Where, if it is at a position.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
}

/// What was looked at and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The stream that was looked at; none: the whole store.
    pub stream: Option<StreamName>,
    /// Whether nothing was found.
    pub ok: bool,
    /// Events whose hash was worked out anew.
    pub events: u64,
    /// Streams whose versions were counted.
    pub streams: u64,
    /// Snapshots held against the event they stand on.
    pub snapshots: u64,
    /// The position of the last event; with its hash it vouches for everything before it, if kept elsewhere.
    pub head_position: Position,
    /// The hash of the last event.
    pub head_hash: Hash,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Verify {
    /// Only this stream; none: the whole store.
    pub stream: Option<StreamName>,
    /// A head that was kept elsewhere.
    pub head: Option<(Position, Hash)>,
}

struct Verifier<'a> {
    store: &'a Store,
    report: VerifyReport,
}

/// Works everything out anew. `progress` is told how many events were looked at.
///
/// # Errors
/// [`OpsError::NotFound`] when there is no such stream, or as the store says. What is wrong with the
/// events is no error but a finding.
pub async fn verify(store: &Store, input: &Verify, progress: &mut (dyn FnMut(u64) + Send)) -> Result<VerifyReport, OpsError> {
    let head = store.head().await?;
    let report = VerifyReport {
        stream: input.stream.clone(),
        ok: false,
        events: 0,
        streams: 0,
        snapshots: 0,
        head_position: head.position,
        head_hash: head.hash,
        findings: Vec::new(),
    };
    let mut verifier = Verifier { store, report };
    for line in store.check().await? {
        verifier.found("database", None, line);
    }
    let result = match &input.stream {
        Some(stream) => verifier.one_stream(stream, progress).await,
        None => verifier.everything(head, progress).await,
    };
    match result {
        // What cannot be read is a finding as well; what was found before it is not lost.
        Err(OpsError::Runtime(crate::runtime::RuntimeError::Store(StoreError::Integrity { message, .. }))) => {
            verifier.found("gap", None, message);
        }
        result => result?,
    }
    if let Some((position, hash)) = input.head {
        verifier.kept_head(position, hash).await?;
    }
    let mut report = verifier.report;
    report.ok = report.findings.is_empty();
    Ok(report)
}

impl Verifier<'_> {
    fn found(&mut self, kind: &'static str, position: Option<Position>, message: String) {
        if self.report.findings.len() < MAX_FINDINGS {
            self.report.findings.push(Finding { kind, position, message });
        }
    }

    async fn everything(&mut self, head: Head, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        let mut last = Head::default();
        let mut scan = self.store.scan(ReadQuery::all().to(head.position.0));
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                self.link(last, &event);
                last = Head { position: event.position, recorded_at: event.recorded_at, hash: event.hash };
            }
            self.ids(chunk).await?;
            self.report.events += chunk.len() as u64;
            progress(chunk.len() as u64);
        }
        if last != head {
            let message =
                format!("the last event is at position {}, the head of the store says {}", last.position, head.position);
            self.found("head", Some(head.position), message);
        }
        self.versions(head.position).await?;
        self.checkpoints().await?;
        self.snapshots(None).await
    }

    /// Holds one event against the one before it.
    fn link(&mut self, last: Head, event: &EventView<'_>) {
        let hash = chain_hash(last.hash, event.position, event.version, event.recorded_at, event.content_hash());
        if hash != event.hash {
            let message =
                format!("event {} of stream {} is not what was recorded: its hash differs", event.version, event.stream);
            self.found("hash", Some(event.position), message);
        }
        if event.kept_content.is_some() {
            let message = format!(
                "event {} of stream {} has a kept content hash, and no erasure of its payload is recorded",
                event.version, event.stream
            );
            self.found("content_hash", Some(event.position), message);
        }
        if event.recorded_at <= last.recorded_at && event.position > Position(1) {
            let message = format!("recorded at {}, not after the event before it", event.recorded_at);
            self.found("time", Some(event.position), message);
        }
    }

    /// Each id leads back to its event, and to no other.
    async fn ids(&mut self, chunk: &EventChunk) -> Result<(), OpsError> {
        let by_id: HashMap<Uuid, Position> = chunk.iter().map(|event| (event.event_id, event.position)).collect();
        let known = self.store.events_by_id(chunk.iter().map(|event| event.event_id).collect()).await?;
        let found: HashMap<Uuid, Position> = known.into_iter().map(|event| (event.event_id, event.position)).collect();
        for event in chunk.iter() {
            let leads_to = found.get(&event.event_id);
            if leads_to != Some(&event.position) || by_id.get(&event.event_id) != Some(&event.position) {
                let elsewhere = leads_to.map_or_else(|| "nowhere".to_owned(), |position| format!("to position {position}"));
                self.found("id", Some(event.position), format!("event id {} leads {elsewhere}", event.event_id));
            }
        }
        Ok(())
    }

    /// A stream at version N has N events: so all streams together have as many versions as there are events. What
    /// others append while this looks is beyond `head`, and left out on both sides.
    async fn versions(&mut self, head: Position) -> Result<(), OpsError> {
        let mut streams = Pages::of(self.store, StreamQuery::default());
        let mut versions = 0;
        while let Some(info) = streams.next().await? {
            let version = match info.last_position > head {
                true => version_at(self.store, &info.name()?, head).await?,
                false => info.version,
            };
            self.report.streams += u64::from(version > Version::ZERO);
            versions += version.0;
        }
        if versions != self.report.events {
            let message =
                format!("the streams have {versions} versions, the store {} events: versions are missing", self.report.events);
            self.found("version", None, message);
        }
        Ok(())
    }

    /// Each read model stands on an event of this store.
    async fn checkpoints(&mut self) -> Result<(), OpsError> {
        for record in self.store.projections().await? {
            // What a rebuild has set aside answers nobody, and a rollback to it looks for itself.
            if record.model.part == Part::Previous {
                continue;
            }
            let (name, position) = (record.model.name, record.checkpoint.position);
            if let Err(error @ StoreError::ForeignCheckpoint { .. }) = check_belongs(self.store, &name, record.checkpoint).await {
                self.found("checkpoint", Some(position), format!("{error}; 'esctl projection rebuild {name}' makes it anew"));
            }
        }
        Ok(())
    }

    async fn one_stream(&mut self, stream: &StreamName, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        must_exist(self.store, stream.clone()).await?;
        self.report.streams = 1;
        let mut scan = self.store.scan(ReadQuery::stream(stream.clone()));
        while let Some(chunk) = scan.next().await? {
            for event in chunk.iter() {
                let last = match event.position.0 {
                    0 | 1 => Some(Head::default()),
                    position => self.head_at(Position(position - 1)).await?,
                };
                match last {
                    Some(last) => self.link(last, &event),
                    None => self.found("gap", Some(event.position), "the position before it is missing".into()),
                }
            }
            self.ids(chunk).await?;
            self.report.events += chunk.len() as u64;
            progress(chunk.len() as u64);
        }
        self.snapshots(Some(stream.clone())).await
    }

    async fn head_at(&self, position: Position) -> Result<Option<Head>, OpsError> {
        let event = self.store.event_at(position).await?;
        Ok(event.map(|event| Head { position, recorded_at: event.recorded_at, hash: event.hash }))
    }

    /// A snapshot stands on an event that is there. (Whether its state is right: `snapshot verify`.)
    async fn snapshots(&mut self, stream: Option<StreamName>) -> Result<(), OpsError> {
        let mut snapshots = SnapshotPages::of(self.store, stream);
        while let Some(info) = snapshots.next().await? {
            self.snapshot(&info).await?;
        }
        Ok(())
    }

    async fn snapshot(&mut self, info: &SnapshotInfo) -> Result<(), OpsError> {
        self.report.snapshots += 1;
        let place = info.version;
        let snapshot = self.store.snapshot(info.stream.clone(), info.reducer.clone(), place).await?;
        let event = self.store.first(ReadQuery::stream(info.stream.clone()).from(place.0).to(place.0)).await?;
        // One that was listed and is gone has been deleted meanwhile: no damage.
        let Some(snapshot) = snapshot.filter(|snapshot| snapshot.version == place) else { return Ok(()) };
        if let Some(misfit) = snapshot.misfit(event.as_ref().map(|event| event.hash)) {
            let message = format!("the snapshot of {} at version {place} cannot be trusted: {misfit}", info.stream);
            self.found("snapshot", event.map(|event| event.position), message);
        }
        Ok(())
    }

    async fn kept_head(&mut self, position: Position, hash: Hash) -> Result<(), OpsError> {
        if position == Position::ZERO && hash == Hash::ZERO {
            // Every history goes on from nothing.
            return Ok(());
        }
        match self.store.event_at(position).await {
            Ok(Some(event)) if event.hash == hash => {}
            Ok(Some(event)) => {
                let message = format!("the hash there is {}, the one kept elsewhere is {hash}", event.hash);
                self.found("head", Some(position), message);
            }
            Ok(None) => self.found("head", Some(position), "there is no event at the position of the head kept elsewhere".into()),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
