//! The outcome of a verification, for monitoring.

use serde::Serialize;

use crate::ops::severity::Severity;
use crate::ops::verify::Finding;
use crate::ops::verify::VerifyReport;

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IntegrityReport {
    /// The severity: ok, or critical with a finding.
    pub severity: Severity,
    /// The outcome, in words.
    pub message: String,
    /// The number of events that were checked.
    pub events: u64,
    /// The number of findings, including those that are not listed.
    pub findings_total: u64,
    /// The first findings.
    pub findings: Vec<Finding>,
}

/// Returns the outcome of a verification.
pub fn check_integrity(report: VerifyReport) -> IntegrityReport {
    let VerifyReport { events, findings_total, findings, .. } = report;
    let noun = if events == 1 { "event" } else { "events" };
    let (severity, message) = match findings.first() {
        None => (Severity::Ok, format!("{events} {noun} checked, no findings")),
        Some(first) => {
            let more = if findings_total > 1 { format!(", and {} more findings", findings_total - 1) } else { String::new() };
            let stream = first.stream.as_ref().map(|stream| format!("stream {stream}: ")).unwrap_or_default();
            (Severity::Critical, format!("{} {stream}{}{more}", first.kind, first.message))
        }
    };
    IntegrityReport { severity, message, events, findings_total, findings }
}
