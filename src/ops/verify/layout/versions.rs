//! The check of versions, which come in the order of streams: holes, doubles, positions that do not grow with them, and the
//! versions that a table of streams has.

use crate::ops::verify::layout::finding;
use crate::ops::verify::layout::positions::missing;
use crate::ops::verify::report::VerifyReport;
use crate::store::SpilledPlace;
use crate::store::layout_store::name_of_key;

/// The maximum number of streams that are compared again with the table of streams.
const MAX_SUSPECTS: usize = 1000;

/// A stream whose version in the table of streams differs from its last event. Both may have changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) stream: String,
    /// The version in the table of streams; none: the stream is not there.
    pub(super) listed: Option<i64>,
    /// The version of the last event; 0: there is none.
    pub(super) last: i64,
}

impl Suspect {
    /// Returns true if a second reading confirms the difference: the table of streams still lacks events of the first reading, or
    /// the events still end before the version that it had then. A stream to which events are appended meanwhile is no finding.
    pub(super) fn is_confirmed(&self, listed: Option<i64>, last: i64, lists_links: bool) -> bool {
        if listed.map_or(last == 0, |listed| agrees(listed, last, lists_links)) {
            return false;
        }
        let (before, now) = (self.listed.unwrap_or(0), listed.unwrap_or(0));
        if now < last { now < self.last } else { last < before }
    }
}

/// The check of the versions of all streams.
#[derive(Default)]
pub(super) struct VersionCheck {
    /// True if a table has the version of each stream.
    lists_versions: bool,
    /// True if that version may be higher than that of the last event.
    lists_links: bool,
    key: Option<String>,
    /// The last version; 0 before the first event.
    version: i64,
    position: Option<i64>,
    is_listed: bool,
    /// The streams that differ from the table of streams, the first ones.
    pub(super) suspects: Vec<Suspect>,
    /// The number of further ones.
    pub(super) more_suspects: u64,
}

impl VersionCheck {
    /// Begins before the first stream.
    pub(super) fn new(lists_versions: bool, lists_links: bool) -> Self {
        Self { lists_versions, lists_links, ..Self::default() }
    }

    /// Checks the next event, or the next row of the table of streams, which comes after the events of its stream.
    pub(super) fn next(&mut self, place: SpilledPlace, report: &mut VerifyReport) {
        if self.key.as_ref() != Some(&place.key) {
            self.end();
            (self.version, self.position, self.is_listed) = (0, None, false);
            self.key = Some(place.key.clone());
        }
        match place.last {
            true => self.listed(&place, report),
            false => self.event(&place, report),
        }
    }

    fn event(&mut self, place: &SpilledPlace, report: &mut VerifyReport) {
        let (stream, version) = (Some(name_of_key(&place.key)), place.number);
        report.streams += u64::from(self.version == 0);
        if self.version == version {
            let also = self.position.map(|position| format!(": also at position {position}")).unwrap_or_default();
            let message = format!("the version is there twice{also}");
            report.add_of_kind(finding("version", stream, Some(version), place.position, message));
        } else if version > self.version.saturating_add(1) {
            let message = missing("version", self.version + 1, version - 1);
            report.add_note(finding("gap", stream, Some(self.version + 1), None, message));
        }
        if let (Some(before), Some(position)) = (self.position, place.position)
            && version > self.version
            && position <= before
        {
            let message = format!("the position is not after position {before} of version {}", self.version);
            report.add_of_kind(finding("position", stream, Some(version), Some(position), message));
        }
        (self.version, self.position) = (version, place.position);
    }

    fn listed(&mut self, place: &SpilledPlace, report: &mut VerifyReport) {
        let stream = name_of_key(&place.key);
        if self.is_listed {
            report.add_of_kind(finding("stream", Some(stream), None, None, "the table of streams has it twice"));
        } else if let Some(listed) = place.version.map(|version| version.max(0))
            && !agrees(listed, self.version, self.lists_links)
        {
            self.suspect(Some(listed));
        }
        self.is_listed = true;
    }

    /// Ends the last stream.
    pub(super) fn end(&mut self) {
        if self.lists_versions && self.version > 0 && !self.is_listed {
            self.suspect(None);
        }
    }

    fn suspect(&mut self, listed: Option<i64>) {
        let Some(key) = &self.key else { return };
        if self.suspects.len() < MAX_SUSPECTS {
            self.suspects.push(Suspect { stream: name_of_key(key).to_owned(), listed, last: self.version });
        } else {
            self.more_suspects += 1;
        }
    }
}

/// Returns true if a version of a table of streams agrees with that of the last event.
pub(super) fn agrees(listed: i64, last: i64, lists_links: bool) -> bool {
    listed == last || (lists_links && listed > last)
}

#[cfg(test)]
mod tests {
    use super::Suspect;
    use super::VersionCheck;
    use crate::ops::verify::layout::tests::report;
    use crate::ops::verify::layout::tests::shown;
    use crate::store::SpilledPlace;

    fn place(key: &str, last: bool, number: i64, position: Option<i64>) -> SpilledPlace {
        let (number, version) = if last { (0, Some(number)) } else { (number, None) };
        SpilledPlace { key: key.into(), last, number, version, position, ..SpilledPlace::default() }
    }

    #[test]
    fn holes_doubles_and_positions_that_go_back_are_found() {
        let (mut check, mut report) = (VersionCheck::default(), report());
        for (key, version, position) in
            [("a\0", 1, 10), ("a\0", 2, 11), ("a\0", 2, 12), ("a\0", 5, 9), ("b\0", 3, 20), ("c\0", 1, 21), ("c\0", 2, 21)]
        {
            check.next(place(key, false, version, Some(position)), &mut report);
        }
        check.end();
        assert!(check.suspects.is_empty());
        assert_eq!(report.streams, 3);
        assert_eq!(
            shown(&report),
            [
                "version a 2 12 the version is there twice: also at position 11",
                "position a 5 9 the position is not after position 12 of version 2",
                "position c 2 21 the position is not after position 21 of version 1",
                "note gap a 3 - versions 3 to 4 are missing",
                "note gap b 1 - versions 1 to 2 are missing",
            ]
        );
    }

    /// Versions grow from 0 to 6. A first reading has the last event before the table of streams, a second one in either order.
    #[test]
    fn a_stream_that_is_written_meanwhile_is_no_finding() {
        let readings =
            || (0..=6_i64).flat_map(|a| (a..=6).flat_map(move |b| (b..=6).flat_map(move |c| (c..=6).map(move |d| [a, b, c, d]))));
        let row = |version: i64| (version > 0).then_some(version);
        for [last, listed, third, fourth] in readings() {
            let suspect = Suspect { stream: "s".into(), listed: row(listed), last };
            for (listed, last) in [(third, fourth), (fourth, third)] {
                assert!(!suspect.is_confirmed(row(listed), last, false), "{suspect:?} {listed} {last}");
            }
        }
        // What stays, is one.
        for (listed, last) in [(None, 1), (Some(1), 2), (Some(2), 1), (Some(3), 0)] {
            let suspect = Suspect { stream: "s".into(), listed, last };
            assert!(suspect.is_confirmed(listed, last, false), "{suspect:?}");
            assert!(last > 0 || !suspect.is_confirmed(None, 0, false));
        }
        let links = Suspect { stream: "s".into(), listed: Some(3), last: 1 };
        assert!(!links.is_confirmed(Some(3), 1, true));
    }

    #[test]
    fn a_table_of_streams_is_compared_with_the_last_events() {
        let (mut check, mut report) = (VersionCheck::new(true, false), report());
        for next in [
            place("equal", false, 1, None),
            place("equal", true, 1, None),
            place("lower", false, 1, None),
            place("lower", false, 2, None),
            place("lower", true, 1, None),
            place("new", true, 0, None),
            place("not there", false, 1, None),
            place("without events", true, 3, None),
            place("without events", true, 3, None),
        ] {
            check.next(next, &mut report);
        }
        check.end();
        let suspect = |stream: &str, listed, last| Suspect { stream: stream.into(), listed, last };
        let expected = [suspect("lower", Some(1), 2), suspect("not there", None, 1), suspect("without events", Some(3), 0)];
        assert_eq!(check.suspects, expected);
        assert_eq!(shown(&report), ["stream without events - - the table of streams has it twice"]);
    }
}
