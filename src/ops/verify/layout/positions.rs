//! The check of positions, which come in their order: holes and doubles.

use crate::ops::verify::layout::finding;
use crate::ops::verify::report::VerifyReport;
use crate::store::SpilledPlace;

/// The last event by position.
#[derive(Default)]
pub(super) struct PositionCheck {
    last: Option<SpilledPlace>,
}

impl PositionCheck {
    /// Checks the next event, whose position is the number of its place.
    pub(super) fn next(&mut self, place: SpilledPlace, report: &mut VerifyReport) {
        let position = place.number;
        let before = self.last.as_ref().map_or(0, |last| last.number);
        match &self.last {
            Some(last) if last.number == position => {
                let message = format!("the position is there twice: also {}", event(last));
                report.add_of_kind(finding("position", Some(&place.stream), place.version, Some(position), message));
            }
            _ if position > before.saturating_add(1) => {
                let message = missing("position", before + 1, position - 1);
                report.add_note(finding("gap", None, None, Some(before + 1), message));
            }
            _ => {}
        }
        self.last = Some(place);
    }
}

/// Returns the name of an event in a message.
pub(super) fn event(place: &SpilledPlace) -> String {
    match (place.stream.as_str(), place.version, place.position) {
        ("", _, Some(position)) => format!("position {position}"),
        ("", _, None) => "another event".to_owned(),
        (stream, Some(version), _) => format!("version {version} of stream {stream}"),
        (stream, None, _) => format!("an event of stream {stream}"),
    }
}

/// Returns the message about a range that is missing.
pub(super) fn missing(what: &str, first: i64, last: i64) -> String {
    if first == last { format!("{what} {first} is missing") } else { format!("{what}s {first} to {last} are missing") }
}

#[cfg(test)]
mod tests {
    use super::PositionCheck;
    use crate::ops::verify::layout::tests::report;
    use crate::ops::verify::layout::tests::shown;
    use crate::store::SpilledPlace;

    #[test]
    fn holes_are_notes_and_doubles_are_findings() {
        let (mut check, mut report) = (PositionCheck::default(), report());
        for (number, version) in [(2, 1), (3, 2), (3, 3), (7, 4), (i64::MAX, 5)] {
            let place = SpilledPlace { number, stream: "a".into(), version: Some(version), ..SpilledPlace::default() };
            check.next(place, &mut report);
        }
        assert_eq!(
            shown(&report),
            [
                "position a 3 3 the position is there twice: also version 2 of stream a",
                "note gap - - 1 position 1 is missing",
                "note gap - - 4 positions 4 to 6 are missing",
                "note gap - - 8 positions 8 to 9223372036854775806 are missing",
            ]
        );
    }
}
