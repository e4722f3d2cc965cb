//! The state of the viewer and its reaction to keys. Pure: it knows no terminal, store or clock.

mod cursor;
mod events;
mod key_effect;
mod projections;
mod request;
mod state_lines;
mod streams;
mod version;

pub(super) use events::Events;
pub(super) use projections::Projections;
pub(super) use request::PageReply;
pub(super) use request::PageRequest;
pub(super) use state_lines::Mark;
pub(super) use state_lines::StateLine;
#[cfg(test)]
pub(super) use state_lines::state_lines;
pub(super) use streams::PAGE as STREAMS_AT_ONCE;
pub(super) use streams::Streams;
pub(super) use version::Pane;
pub(super) use version::VersionPage;

use crate::cli::output::Key;
use crate::cli::ui::model::key_effect::KeyEffect;
use crate::cli::ui::model::key_effect::PageTarget;
use crate::ops::browse::HeadReport;

/// The rows that a page leaves to others: the title, the head of its list, the status and the keys.
const OTHER_ROWS: u16 = 4;

/// The maximum number of rows by which the help can be scrolled.
const MOST_HELP: u16 = 8;

/// A page, which fills the screen between title and status.
#[derive(Debug)]
pub(super) enum ViewerPage {
    Streams(Streams),
    Events(Events),
    Version(Box<VersionPage>),
    Projections(Projections),
}

/// The state of the viewer.
#[derive(Debug)]
pub(super) struct Model {
    /// The head of the store at the last answer.
    pub(super) head: HeadReport,
    /// The reason if the store does not answer.
    pub(super) lost: Option<String>,
    /// The reason if the page could not be loaded.
    pub(super) problem: Option<String>,
    /// The number of ticks since an answer is pending.
    pub(super) silent_ticks: u32,
    /// The first visible row of the help, while it is shown.
    pub(super) help: Option<u16>,
    /// The columns and rows of the terminal.
    pub(super) size: (u16, u16),
    roots: [ViewerPage; 3],
    root: usize,
    opened: Vec<ViewerPage>,
    hold: bool,
    over: bool,
}

impl Model {
    /// Returns the initial state.
    pub(super) fn new(head: HeadReport, size: (u16, u16)) -> Self {
        let roots = [
            ViewerPage::Streams(Streams::default()),
            ViewerPage::Events(Events::of_all()),
            ViewerPage::Projections(Projections::default()),
        ];
        Self {
            head,
            lost: None,
            problem: None,
            silent_ticks: 0,
            help: None,
            size,
            roots,
            root: 0,
            opened: Vec::new(),
            hold: false,
            over: false,
        }
    }

    /// Returns true once the user has left.
    pub(super) fn over(&self) -> bool {
        self.over
    }

    /// Returns the visible page.
    pub(super) fn page(&self) -> &ViewerPage {
        self.opened.last().unwrap_or(&self.roots[self.root])
    }

    fn page_mut(&mut self) -> &mut ViewerPage {
        self.opened.last_mut().unwrap_or(&mut self.roots[self.root])
    }

    /// Returns the index of the first page, and the pages opened from it.
    pub(super) fn path(&self) -> (usize, &[ViewerPage]) {
        (self.root, &self.opened)
    }

    /// Returns the request that the page needs, if any.
    pub(super) fn wants(&self) -> Option<PageRequest> {
        if self.hold { None } else { self.page().wants(self.rows()) }
    }

    /// Returns the number of rows of a list.
    pub(super) fn rows(&self) -> u64 {
        u64::from(self.size.1.saturating_sub(OTHER_ROWS)).max(1)
    }

    /// Handles a key.
    pub(super) fn key(&mut self, key: Key) {
        if key == Key::Interrupt {
            self.over = true;
        } else if let Some(top) = self.help {
            self.help_key(key, top);
        } else {
            let rows = self.rows();
            match self.page_mut().key(key, rows) {
                KeyEffect::Stay => {}
                KeyEffect::Open(target) => self.open(ViewerPage::of(target)),
                KeyEffect::Unknown => self.common_key(key),
            }
        }
        self.fit();
    }

    /// Handles a key of the help: scroll, leave, or close it with any other key.
    fn help_key(&mut self, key: Key, top: u16) {
        self.help = match key {
            Key::Down | Key::Char('j') => Some((top + 1).min(MOST_HELP)),
            Key::Up | Key::Char('k') => Some(top.saturating_sub(1)),
            _ => None,
        };
        self.over = key == Key::Char('q');
    }

    fn common_key(&mut self, key: Key) {
        match key {
            Key::Char('q') => self.over = true,
            Key::Char('?') => self.help = Some(0),
            Key::Char(digit @ '1'..='3') => self.go_to(digit as usize - '1' as usize),
            Key::Tab => self.go_to((self.root + 1) % self.roots.len()),
            Key::BackTab => self.go_to((self.root + self.roots.len() - 1) % self.roots.len()),
            Key::Esc if self.opened.is_empty() => self.over = true,
            Key::Esc | Key::Backspace => self.back(),
            _ => {}
        }
    }

    fn open(&mut self, page: ViewerPage) {
        self.opened.push(page);
        self.turn();
    }

    fn back(&mut self) {
        self.opened.pop();
        self.turn();
    }

    fn go_to(&mut self, root: usize) {
        self.root = root;
        self.opened.clear();
        self.turn();
    }

    /// Shows another page, whose content may be old.
    fn turn(&mut self) {
        (self.problem, self.hold) = (None, false);
        self.page_mut().stale();
    }

    /// Handles a new size of the terminal.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.fit();
    }

    /// Handles the passing of time; `waiting` is true while an answer is pending.
    pub(super) fn tick(&mut self, waiting: bool) {
        self.hold = false;
        self.silent_ticks = if waiting { self.silent_ticks.saturating_add(1) } else { 0 };
        self.page_mut().tick();
    }

    /// Handles the head of the store, or the reason why there is none.
    pub(super) fn head(&mut self, answer: Result<HeadReport, String>) {
        self.silent_ticks = 0;
        match answer {
            Ok(head) => {
                if head.position != self.head.position || self.lost.is_some() {
                    self.page_mut().stale();
                }
                (self.head, self.lost) = (head, None);
            }
            Err(problem) => self.lost = Some(problem),
        }
    }

    /// Handles an answer for the page, or the reason why there is none.
    pub(super) fn answer(&mut self, request: &PageRequest, answer: Result<PageReply, String>) {
        let rows = self.rows();
        match answer {
            Ok(reply) => {
                self.problem = None;
                if let KeyEffect::Open(target) = self.page_mut().take(request, reply, rows) {
                    self.open(ViewerPage::of(target));
                }
            }
            // Requested again after a while.
            Err(problem) => (self.problem, self.hold) = (Some(problem), true),
        }
        self.fit();
    }

    fn fit(&mut self) {
        let rows = self.rows();
        self.page_mut().fit(rows);
    }
}

impl ViewerPage {
    /// Returns the page for a target.
    fn of(target: PageTarget) -> Self {
        match target {
            PageTarget::Events(stream) => Self::Events(Events::of_stream(stream)),
            PageTarget::Version { stream, version, last } => Self::Version(Box::new(VersionPage::new(stream, version, last))),
        }
    }

    fn wants(&self, rows: u64) -> Option<PageRequest> {
        match self {
            Self::Streams(page) => page.wants(),
            Self::Events(page) => page.wants(rows),
            Self::Version(page) => page.wants(),
            Self::Projections(page) => page.wants(),
        }
    }

    fn take(&mut self, request: &PageRequest, reply: PageReply, rows: u64) -> KeyEffect {
        // An answer that is not needed any more is ignored.
        if self.wants(rows).as_ref() != Some(request) {
            return KeyEffect::Stay;
        }
        match (self, reply) {
            (Self::Streams(page), PageReply::Streams(streams)) => return page.take(streams),
            (Self::Events(page), PageReply::Events(events)) => return page.take(events),
            (Self::Version(page), PageReply::State(report)) => page.take(*report),
            (Self::Version(page), PageReply::Events(events)) => page.take_last(events.last),
            (Self::Projections(page), PageReply::Projections(statuses)) => page.take(statuses),
            _ => {}
        }
        KeyEffect::Stay
    }

    fn key(&mut self, key: Key, rows: u64) -> KeyEffect {
        match self {
            Self::Streams(page) => page.key(key, rows),
            Self::Events(page) => page.key(key, rows),
            Self::Version(page) => page.key(key, rows),
            Self::Projections(page) => page.key(key, rows),
        }
    }

    fn stale(&mut self) {
        match self {
            Self::Streams(page) => page.stale(),
            Self::Events(page) => page.stale(),
            Self::Version(page) => page.stale(),
            Self::Projections(page) => page.stale(),
        }
    }

    fn tick(&mut self) {
        // The lag of a projection changes without a new event.
        if let Self::Projections(page) = self {
            page.stale();
        }
    }

    fn fit(&mut self, rows: u64) {
        match self {
            Self::Streams(page) => page.fit(rows),
            Self::Events(page) => page.fit(rows),
            Self::Version(page) => page.fit(),
            Self::Projections(page) => page.fit(rows),
        }
    }
}
