//! Snapshots: each must stand on an event that is there. The states themselves are checked by `snapshot verify`.

use crate::event::StreamName;
use crate::ops::error::OpsError;
use crate::ops::snapshots::SnapshotPages;
use crate::ops::verify::Verifier;
use crate::store::ReadQuery;
use crate::store::SnapshotInfo;

impl Verifier<'_> {
    /// Checks the snapshots of a stream, or all.
    pub(super) async fn snapshots(&mut self, stream: Option<StreamName>) -> Result<(), OpsError> {
        let mut snapshots = SnapshotPages::of(self.store, stream);
        loop {
            let next = snapshots.next().await;
            let Some(Some(info)) = self.check("snapshot", next)? else { return Ok(()) };
            let checked = self.snapshot(&info).await;
            self.check("snapshot", checked)?;
        }
    }

    async fn snapshot(&mut self, info: &SnapshotInfo) -> Result<(), OpsError> {
        self.report.snapshots += 1;
        let place = info.version;
        if info.is_out_of_range() {
            let stream = &info.stream;
            let message = format!(
                "a snapshot of {stream} has a version that was never written; 'esctl snapshot delete {stream}' deletes it"
            );
            self.report.add("snapshot", None, message);
            return Ok(());
        }
        let snapshot = self.store.snapshot(info.stream.clone(), info.reducer.clone(), place).await?;
        let event = ReadQuery::stream(info.stream.clone()).beyond_head().from(place.0).to(place.0);
        let event = self.store.first(event).await?;
        // One that was listed and is gone has been deleted meanwhile: no damage.
        let Some(snapshot) = snapshot.filter(|snapshot| snapshot.version == place) else { return Ok(()) };
        let position = event.as_ref().map(|event| event.position);
        if let Some(misfit) = snapshot.misfit(event.map(|event| event.hash)) {
            let stream = &info.stream;
            let message = format!(
                "the snapshot of {stream} at version {place} cannot be trusted: {misfit}; 'esctl snapshot delete {stream} --version {place}' deletes it"
            );
            self.report.add("snapshot", position, message);
        } else if info.bytes != snapshot.state.len() as u64 {
            let message = format!(
                "the snapshot of {} at version {place} has {} bytes, and is recorded with {}",
                info.stream,
                snapshot.state.len(),
                info.bytes
            );
            self.report.add("snapshot", position, message);
        }
        Ok(())
    }
}
