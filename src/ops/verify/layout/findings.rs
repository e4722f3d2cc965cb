//! Findings and notes about a store of another program.

use crate::ops::verify::report::Finding;
use crate::ops::verify::report::VerifyReport;

/// Maximum number of findings of one kind, and of notes, in a report.
const MAX_FINDINGS: usize = 20;

impl VerifyReport {
    /// Adds a finding about a store of another program. Those of its kind over the maximum are only counted.
    pub(super) fn add_of_kind(&mut self, finding: Finding) {
        self.ok = false;
        self.events_ok &= finding.is_derived();
        self.findings_total += 1;
        if self.findings.iter().filter(|known| known.kind == finding.kind).count() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Adds a note about a store of another program. Those over the maximum are only counted.
    pub(super) fn add_note(&mut self, note: Finding) {
        let Some(foreign) = &mut self.foreign else { return };
        foreign.notes_total += 1;
        if foreign.notes.len() < MAX_FINDINGS {
            foreign.notes.push(note);
        }
    }
}
