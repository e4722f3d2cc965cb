//! What the viewer knows and what a key does to it: a pure state, without a terminal, a store or a clock.

mod cursor;
mod events;
mod projections;
mod request;
mod state_lines;
mod streams;
mod version;

pub(super) use cursor::Cursor;
pub(super) use events::Events;
pub(super) use projections::Projections;
pub(super) use request::Reply;
pub(super) use request::Request;
pub(super) use state_lines::Mark;
pub(super) use state_lines::StateLine;
#[cfg(test)]
pub(super) use state_lines::state_lines;
pub(super) use streams::PAGE as STREAMS_AT_ONCE;
pub(super) use streams::Streams;
pub(super) use version::Pane;
pub(super) use version::VersionPage;

use crate::cli::output::Key;
use crate::ops::browse::HeadReport;

/// Rows that every page leaves to others: the title, the head of its list, the status and the keys.
const OTHER_ROWS: u16 = 4;

/// Rows by which the keys can be scrolled at most.
const MOST_HELP: u16 = 8;

/// A page: what fills the screen between title and status.
#[derive(Debug)]
pub(super) enum Page {
    Streams(Streams),
    Events(Events),
    Version(Box<VersionPage>),
    Projections(Projections),
}

/// What follows from a key on a page.
#[derive(Debug)]
pub(super) enum Move {
    /// Nothing besides.
    Stay,
    /// To a page behind this one.
    Open(Page),
    /// This key means nothing here.
    Unknown,
}

/// The whole state.
#[derive(Debug)]
pub(super) struct Model {
    /// Where the store ended when it was asked last.
    pub(super) head: HeadReport,
    /// Why the store does not answer.
    pub(super) lost: Option<String>,
    /// Why the page could not be filled.
    pub(super) problem: Option<String>,
    /// For how many ticks an answer has been waited for.
    pub(super) silent_ticks: u32,
    /// Whether all keys are shown, and from which row on.
    pub(super) help: Option<u16>,
    /// Columns and rows.
    pub(super) size: (u16, u16),
    roots: [Page; 3],
    root: usize,
    opened: Vec<Page>,
    hold: bool,
    over: bool,
}

impl Model {
    /// The state to begin with.
    pub(super) fn new(head: HeadReport, size: (u16, u16)) -> Self {
        let roots =
            [Page::Streams(Streams::default()), Page::Events(Events::of_all()), Page::Projections(Projections::default())];
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

    /// Whether somebody has left.
    pub(super) fn over(&self) -> bool {
        self.over
    }

    /// The page that is seen.
    pub(super) fn page(&self) -> &Page {
        self.opened.last().unwrap_or(&self.roots[self.root])
    }

    fn page_mut(&mut self) -> &mut Page {
        self.opened.last_mut().unwrap_or(&mut self.roots[self.root])
    }

    /// Which of the first pages it is, and the pages opened from there.
    pub(super) fn path(&self) -> (usize, &[Page]) {
        (self.root, &self.opened)
    }

    /// What the page wants to know, if anything.
    pub(super) fn wants(&self) -> Option<Request> {
        if self.hold { None } else { self.page().wants(self.rows()) }
    }

    /// Rows of a list.
    pub(super) fn rows(&self) -> u64 {
        u64::from(self.size.1.saturating_sub(OTHER_ROWS)).max(1)
    }

    /// A key was pressed.
    pub(super) fn key(&mut self, key: Key) {
        if key == Key::Interrupt {
            self.over = true;
        } else if let Some(top) = self.help {
            self.help_key(key, top);
        } else {
            let rows = self.rows();
            match self.page_mut().key(key, rows) {
                Move::Stay => {}
                Move::Open(page) => self.open(page),
                Move::Unknown => self.common_key(key),
            }
        }
        self.fit();
    }

    /// Any key but those that scroll and the one that leaves altogether takes it away.
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

    fn open(&mut self, page: Page) {
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

    /// Another page is seen: what it shows may be old.
    fn turn(&mut self) {
        (self.problem, self.hold) = (None, false);
        self.page_mut().stale();
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.fit();
    }

    /// Time has passed; `waiting`: the store still owes an answer.
    pub(super) fn tick(&mut self, waiting: bool) {
        self.hold = false;
        self.silent_ticks = if waiting { self.silent_ticks.saturating_add(1) } else { 0 };
        self.page_mut().tick();
    }

    /// The store has said where it ends, or why not.
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

    /// The store has answered what the page wanted, or why it does not.
    pub(super) fn answer(&mut self, request: &Request, answer: Result<Reply, String>) {
        let rows = self.rows();
        match answer {
            Ok(reply) => {
                self.problem = None;
                if let Move::Open(page) = self.page_mut().take(request, reply, rows) {
                    self.open(page);
                }
            }
            // Asked again after a while.
            Err(problem) => (self.problem, self.hold) = (Some(problem), true),
        }
        self.fit();
    }

    fn fit(&mut self) {
        let rows = self.rows();
        self.page_mut().fit(rows);
    }
}

impl Page {
    fn wants(&self, rows: u64) -> Option<Request> {
        match self {
            Self::Streams(page) => page.wants(),
            Self::Events(page) => page.wants(rows),
            Self::Version(page) => page.wants(),
            Self::Projections(page) => page.wants(),
        }
    }

    fn take(&mut self, request: &Request, reply: Reply, rows: u64) -> Move {
        // An answer to something that is not wanted any more is passed over.
        if self.wants(rows).as_ref() != Some(request) {
            return Move::Stay;
        }
        match (self, reply) {
            (Self::Streams(page), Reply::Streams(streams)) => return page.take(streams),
            (Self::Events(page), Reply::Events(events)) => return page.take(events),
            (Self::Version(page), Reply::State(report)) => page.take(*report),
            (Self::Version(page), Reply::Events(events)) => page.take_last(events.last),
            (Self::Projections(page), Reply::Projections(statuses)) => page.take(statuses),
            _ => {}
        }
        Move::Stay
    }

    fn key(&mut self, key: Key, rows: u64) -> Move {
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
        // How far a projection is changes without a new event.
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
