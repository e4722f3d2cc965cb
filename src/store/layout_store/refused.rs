//! The requests that only a store of esctl answers. It has no snapshots, read models and records, and nothing is written.

use std::future::ready;

use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::answer::Answer;
use crate::store::backend::ReadModels;
use crate::store::backend::Records;
use crate::store::backend::Snapshots;
use crate::store::failed_event::FailedEvent;
use crate::store::layout_store::store::LayoutStore;
use crate::store::read_model::ProjectionRecord;
use crate::store::read_model::ReadModel;
use crate::store::read_model::RowLoad;
use crate::store::read_model::RowQuery;
use crate::store::read_model::RowsCommit;
use crate::store::record::Record;
use crate::store::snapshot::Snapshot;
use crate::store::snapshot::SnapshotInfo;
use crate::store::snapshot::SnapshotQuery;

impl Snapshots for LayoutStore {
    fn put_snapshot(&self, _: Snapshot) -> Answer<()> {
        self.refuse()
    }

    fn snapshot(&self, _: StreamName, _: String, _: Version) -> Answer<Option<Snapshot>> {
        Box::pin(ready(Ok(None)))
    }

    fn snapshots(&self, _: SnapshotQuery) -> Answer<Vec<SnapshotInfo>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn delete_snapshots(&self, _: Vec<SnapshotInfo>) -> Answer<u64> {
        self.refuse()
    }
}

impl Records for LayoutStore {
    fn records(&self, _: String) -> Answer<Vec<Record>> {
        self.refuse()
    }

    fn put_record(&self, _: Record) -> Answer<()> {
        self.refuse()
    }

    fn delete_record(&self, _: String, _: String) -> Answer<bool> {
        self.refuse()
    }
}

impl ReadModels for LayoutStore {
    fn projections(&self) -> Answer<Vec<ProjectionRecord>> {
        self.refuse()
    }

    fn check_read_models(&self) -> Answer<Vec<String>> {
        self.refuse()
    }

    fn rows(&self, _: ReadModel, _: Vec<String>) -> Answer<Vec<Option<String>>> {
        self.refuse()
    }

    fn query_rows(&self, _: RowQuery) -> Answer<Vec<(String, String)>> {
        self.refuse()
    }

    fn count_rows(&self, _: ReadModel) -> Answer<u64> {
        self.refuse()
    }

    fn failed_events(&self, _: ReadModel) -> Answer<Vec<FailedEvent>> {
        self.refuse()
    }

    fn commit_rows(&self, _: RowsCommit) -> Answer<bool> {
        self.refuse()
    }

    fn begin_load(&self, _: RowLoad) -> Answer<()> {
        self.refuse()
    }

    fn load_rows(&self, _: RowLoad, _: Vec<(String, String)>) -> Answer<bool> {
        self.refuse()
    }

    fn finish_load(&self, _: RowLoad, _: RowsCommit) -> Answer<bool> {
        self.refuse()
    }

    fn swap_read_model(&self, _: String, _: Position, _: Vec<String>) -> Answer<bool> {
        self.refuse()
    }

    fn exchange_read_models(&self, _: String) -> Answer<bool> {
        self.refuse()
    }

    fn drop_read_model(&self, _: ReadModel) -> Answer<bool> {
        self.refuse()
    }
}
