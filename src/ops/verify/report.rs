//! The report of a verification: what was checked and what was found.

use serde::Serialize;

use crate::event::Hash;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::checkpoints::CheckpointStatus;
use crate::ops::future::FutureEvents;

/// Maximum number of findings in a report.
const MAX_FINDINGS: usize = 20;

/// A difference between the store and the data that was written to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of difference, in `snake_case`. For events: `head`, `gap`, `hash`, `content_hash`, `time`, `version`, `id`, `database`,
    /// `schema`; in a store of another program also `row` and `position`. For derived data: `snapshot`, `checkpoint`, `read_model`,
    /// `problem`, `record`; in a store of another program also `index` and `stream`.
    pub kind: &'static str,
    /// The stream, in a store of another program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The version in the stream, in a store of another program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The position, if the finding is at one.
    pub position: Option<Position>,
    /// The difference, in words.
    pub message: String,
}

impl Finding {
    /// Returns true if the finding is about derived data, and not about the events.
    pub(super) fn is_derived(&self) -> bool {
        matches!(self.kind, "snapshot" | "checkpoint" | "read_model" | "problem" | "record" | "index" | "stream")
    }
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// The stream that was checked; none: the whole store.
    pub stream: Option<StreamName>,
    /// True if nothing was found.
    pub ok: bool,
    /// True if all requested events were checked and nothing was found about them.
    pub events_ok: bool,
    /// The number of events whose hash was computed.
    pub events: u64,
    /// The number of streams whose versions were counted.
    pub streams: u64,
    /// The number of snapshots that were compared with their events.
    pub snapshots: u64,
    /// The number of rows of read models that were compared with their events; none if the events are damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The position of the last event. Kept elsewhere with its hash, it covers everything before it.
    pub head_position: Position,
    /// The hash of the last event; none for a store of another program, which has no hash chain.
    pub head_hash: Option<Hash>,
    /// Events from the future. They are no damage, but locks and other time spans are wrong with them.
    pub future: Option<FutureEvents>,
    /// The number of findings, including those that are not listed.
    pub findings_total: u64,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// The rest of the report on a store of another program.
    #[serde(flatten)]
    pub foreign: Option<ForeignVerify>,
}

/// The part of a report that only a store of another program has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForeignVerify {
    /// The name of the layout.
    pub layout: String,
    /// The parts that were not checked, each with the reason.
    pub not_checked: Vec<String>,
    /// The number of notes, including those that are not listed.
    pub notes_total: u64,
    /// The first notes: facts that are no damage, such as ranges of missing positions and versions.
    pub notes: Vec<Finding>,
    /// The checkpoints, with the events that wait behind each.
    pub checkpoints: Vec<CheckpointStatus>,
}

impl VerifyReport {
    /// Returns the report of a verification in which nothing has been found yet.
    pub(super) fn new(stream: Option<StreamName>) -> Self {
        Self {
            stream,
            ok: true,
            events_ok: true,
            events: 0,
            streams: 0,
            snapshots: 0,
            rows: None,
            head_position: Position::ZERO,
            head_hash: Some(Hash::ZERO),
            future: None,
            findings_total: 0,
            findings: Vec::new(),
            foreign: None,
        }
    }

    /// Adds a finding. Those over the maximum are only counted.
    pub(super) fn add(&mut self, kind: &'static str, position: Option<Position>, message: String) {
        let finding = Finding { kind, stream: None, version: None, position, message };
        self.ok = false;
        self.events_ok &= finding.is_derived();
        self.findings_total += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }
}
