//! The caveats of an answer, in the form of reports.

use crate::runtime::Caveat;

/// A caveat of an answer: the reason why it differs from what the events make, or is not stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct ListCaveat {
    /// The code: `from_memory`, `paused`, `stopped`, `parked`, `missing`, `quarantined` or `behind`.
    pub code: &'static str,
    /// The projection whose read model answered; none if the answer was made from events.
    #[cfg_attr(feature = "server", schema(required = true))]
    pub projection: Option<String>,
    /// The consequence for the answer.
    pub message: String,
    /// The caveat with its details, for operators.
    #[serde(skip)]
    pub caveat: Caveat,
}

impl ListCaveat {
    /// Returns the caveat of an answer that leaves quarantined events out; none if it leaves none out.
    pub fn left_out(events: usize) -> Option<Self> {
        let caveat = Caveat::Quarantined(events);
        (events > 0).then(|| Self { code: caveat.code(), projection: None, message: quarantined(events), caveat })
    }
}

/// Returns the sentence about quarantined events.
pub(in crate::ops) fn quarantined(events: usize) -> String {
    format!("quarantined events that are left out: {events}")
}
