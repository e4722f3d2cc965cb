//! The streams of the store, a page of names at a time.

use crate::cli::output::Key;
use crate::cli::ui::model::Cursor;
use crate::cli::ui::model::Events;
use crate::cli::ui::model::Move;
use crate::cli::ui::model::Page;
use crate::cli::ui::model::Request;
use crate::event::MAX_NAME_BYTES;
use crate::event::StreamName;
use crate::ops::ListPage;
use crate::store::StreamInfo;

/// Streams asked for at once. Of those before only the name that they come after is remembered.
pub(in crate::cli::ui) const PAGE: usize = 500;

/// The list of streams.
#[derive(Debug, Default)]
pub(in crate::cli::ui) struct Streams {
    /// What the names start with.
    pub(in crate::cli::ui) filter: String,
    /// Whether the filter is being typed.
    pub(in crate::cli::ui) typing: bool,
    /// The streams of this page.
    pub(in crate::cli::ui) items: Vec<StreamInfo>,
    /// Whether there are more.
    pub(in crate::cli::ui) next: Option<String>,
    /// Whether the store has answered.
    pub(in crate::cli::ui) loaded: bool,
    pub(in crate::cli::ui) cursor: Cursor,
    /// What this page comes after, and each one before it.
    after: Option<String>,
    before: Vec<Option<String>>,
    fresh: bool,
    /// Where the cursor goes once the page is there.
    land: Option<i64>,
    /// Whether the stream chosen then is to be opened.
    opens: bool,
}

impl Streams {
    /// How many streams come before this page.
    pub(in crate::cli::ui) fn offset(&self) -> usize {
        self.before.len() * PAGE
    }

    /// The stream that is chosen.
    pub(in crate::cli::ui) fn chosen(&self) -> Option<&StreamInfo> {
        self.items.get(usize::try_from(self.cursor.at).ok()?)
    }

    pub(super) fn wants(&self) -> Option<Request> {
        let request = || Request::Streams { prefix: self.filter.clone(), after: self.after.clone() };
        (!self.fresh).then(request)
    }

    pub(super) fn stale(&mut self) {
        self.fresh = false;
    }

    pub(super) fn take(&mut self, page: ListPage<StreamInfo>) -> Move {
        let chosen = self.chosen().map(|info| info.stream.clone());
        (self.items, self.next) = (page.items, page.next);
        (self.fresh, self.loaded) = (true, true);
        let count = self.items.len() as u64;
        if let Some(land) = self.land.take() {
            self.cursor.go(if land < 0 { count.cast_signed() - 1 } else { land }, count);
        } else if let Some(at) = chosen.and_then(|chosen| self.items.iter().position(|info| info.stream == chosen)) {
            // New streams may have come before it.
            self.cursor.at = at as u64;
        }
        if std::mem::take(&mut self.opens) { self.open() } else { Move::Stay }
    }

    pub(super) fn fit(&mut self, rows: u64) {
        // While the answer is awaited there is nothing to fit to.
        if self.fresh {
            self.cursor.fit(self.items.len() as u64, rows);
        }
    }

    pub(super) fn key(&mut self, key: Key, rows: u64) -> Move {
        self.opens = false;
        if self.typing {
            return self.typed(key, rows);
        }
        match key {
            Key::Char('/') => self.typing = true,
            Key::Esc if !self.filter.is_empty() => self.filter_by(String::new()),
            Key::Enter | Key::Right | Key::Char('l') => return self.open(),
            key => match self.cursor.moved(key, self.items.len() as u64, rows) {
                Some(to) => self.go(key, to),
                None => return Move::Unknown,
            },
        }
        Move::Stay
    }

    fn typed(&mut self, key: Key, rows: u64) -> Move {
        let mut filter = self.filter.clone();
        match key {
            Key::Esc => {
                self.typing = false;
                filter.clear();
            }
            Key::Enter => self.typing = false,
            Key::Backspace => {
                self.typing = filter.pop().is_some();
            }
            Key::Char(c) if filter.len() + c.len_utf8() <= MAX_NAME_BYTES => filter.push(c),
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
                if let Some(to) = self.cursor.moved(key, self.items.len() as u64, rows) {
                    self.go(key, to);
                }
            }
            _ => {}
        }
        if filter != self.filter {
            self.filter_by(filter);
        }
        Move::Stay
    }

    fn filter_by(&mut self, filter: String) {
        let typing = self.typing;
        *self = Self { filter, typing, items: std::mem::take(&mut self.items), land: Some(0), ..Self::default() };
    }

    fn go(&mut self, key: Key, to: i64) {
        let count = self.items.len() as u64;
        if self.is_awaited() {
            return;
        }
        let beyond = to >= count.cast_signed() || (key == Key::End || key == Key::Char('G')) && self.cursor.at + 1 == count;
        if matches!(key, Key::Home | Key::Char('g')) && !self.before.is_empty() {
            self.before.clear();
            self.turn_to(None, 0);
        } else if beyond && let Some(next) = self.next.clone() {
            self.before.push(self.after.take());
            self.turn_to(Some(next), 0);
        } else if to < 0
            && let Some(after) = self.before.pop()
        {
            self.turn_to(after, -1);
        } else {
            self.cursor.go(to, count);
        }
    }

    /// Whether another page than the one that is seen is on its way.
    fn is_awaited(&self) -> bool {
        !self.fresh && (self.land.is_some() || !self.loaded)
    }

    fn turn_to(&mut self, after: Option<String>, land: i64) {
        (self.after, self.land, self.fresh) = (after, Some(land), false);
    }

    fn open(&mut self) -> Move {
        if self.is_awaited() {
            // What is seen is not what was asked for last.
            self.opens = true;
            return Move::Stay;
        }
        // A name that was never taken leads nowhere; 'esctl verify' says more about it.
        match self.chosen().map(|info| StreamName::parse(&info.stream)) {
            Some(Ok(stream)) => Move::Open(Page::Events(Events::of_stream(stream))),
            _ => Move::Stay,
        }
    }
}
