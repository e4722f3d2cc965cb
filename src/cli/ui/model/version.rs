//! The page of a version: a slider over the versions of a stream, with the state, its changes, and the event.

use crate::cli::output::Key;
use crate::cli::ui::model::key_effect::KeyEffect;
use crate::cli::ui::model::request::PageRequest;
use crate::cli::ui::model::state_lines::StateLine;
use crate::cli::ui::model::state_lines::plain_lines;
use crate::cli::ui::model::state_lines::state_lines;
use crate::event::StreamName;
use crate::event::Version;
use crate::ops::browse::BrowseEvents;
use crate::ops::browse::StateReport;

/// The number of versions that a long step passes.
const LONG_STEP: i64 = 10;

/// The rows above the panes and the title of a pane, besides those that every page leaves to others.
const ABOVE: u64 = 2;

/// The pane that is scrolled, and the only visible one if there is no room for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::cli::ui) enum Pane {
    #[default]
    State,
    Event,
}

/// The content of a version, in lines that are computed once.
#[derive(Debug)]
pub(in crate::cli::ui) struct VersionLines {
    pub(in crate::cli::ui) report: StateReport,
    pub(in crate::cli::ui) state: Vec<StateLine>,
    pub(in crate::cli::ui) event: Vec<StateLine>,
}

/// A version of a stream.
#[derive(Debug)]
pub(in crate::cli::ui) struct VersionPage {
    pub(in crate::cli::ui) stream: StreamName,
    /// The selected version.
    pub(in crate::cli::ui) at: u64,
    /// The last version of the stream.
    pub(in crate::cli::ui) last: u64,
    /// The loaded version, which is another one until the store has answered.
    pub(in crate::cli::ui) shown: Option<VersionLines>,
    pub(in crate::cli::ui) pane: Pane,
    /// The first visible line of the pane.
    pub(in crate::cli::ui) top: usize,
    last_known: bool,
    follow: bool,
}

impl VersionPage {
    pub(super) fn new(stream: StreamName, at: u64, last: u64) -> Self {
        let pane = Pane::default();
        Self { stream, at, last, shown: None, pane, top: 0, last_known: false, follow: false }
    }

    /// Returns the loaded version if it is the selected one.
    pub(in crate::cli::ui) fn current(&self) -> Option<&VersionLines> {
        self.shown.as_ref().filter(|shown| shown.report.event.version.0 == self.at)
    }

    pub(super) fn wants(&self) -> Option<PageRequest> {
        if self.current().is_none() {
            return Some(PageRequest::State(self.stream.clone(), Version(self.at)));
        }
        let last = || PageRequest::Events(BrowseEvents { stream: Some(self.stream.clone()), from: None, limit: 1 });
        (!self.last_known).then(last)
    }

    pub(super) fn stale(&mut self) {
        self.last_known = false;
    }

    pub(super) fn take(&mut self, report: StateReport) {
        self.take_last(report.last.0);
        let state = state_lines(&report.state, &report.changes);
        let event = plain_lines(&report.event);
        self.shown = Some(VersionLines { report, state, event });
    }

    pub(super) fn take_last(&mut self, last: u64) {
        // A user who has moved to the last version follows new versions.
        if self.follow && self.at == self.last {
            self.at = last;
        }
        (self.last, self.last_known) = (last, true);
    }

    /// Returns the number of rows of a pane.
    fn pane_rows(rows: u64) -> usize {
        usize::try_from(rows.saturating_sub(ABOVE)).unwrap_or(usize::MAX).max(1)
    }

    fn lines(&self) -> usize {
        self.shown.as_ref().map_or(0, |shown| match self.pane {
            Pane::State => shown.state.len(),
            Pane::Event => shown.event.len(),
        })
    }

    pub(super) fn fit(&mut self) {
        // A line may take several rows, so the last one must be able to reach the top.
        self.top = self.top.min(self.lines().saturating_sub(1));
    }

    pub(super) fn key(&mut self, key: Key, rows: u64) -> KeyEffect {
        let at = self.at.cast_signed();
        match key {
            Key::Left | Key::Char('h') => self.slide(at - 1),
            Key::Right | Key::Char('l') => self.slide(at + 1),
            Key::PageUp | Key::Char('[') => self.slide(at - LONG_STEP),
            Key::PageDown | Key::Char(']') => self.slide(at + LONG_STEP),
            Key::Home | Key::Char('g') => self.slide(1),
            Key::End | Key::Char('G') => self.slide(self.last.cast_signed()),
            Key::Up | Key::Char('k') => self.top = self.top.saturating_sub(1),
            Key::Down | Key::Char('j') => self.top += 1,
            Key::Char(' ') => self.top += Self::pane_rows(rows),
            Key::Char('e') | Key::Enter => {
                self.pane = if self.pane == Pane::State { Pane::Event } else { Pane::State };
                self.top = 0;
            }
            _ => return KeyEffect::Unknown,
        }
        KeyEffect::Stay
    }

    fn slide(&mut self, to: i64) {
        self.at = to.clamp(1, self.last.max(1).cast_signed()).unsigned_abs();
        self.follow = self.at == self.last;
    }
}
