//! The page of streams: a page of names at a time.

use crate::cli::output::Key;
use crate::cli::ui::model::cursor::Cursor;
use crate::cli::ui::model::key_effect::KeyEffect;
use crate::cli::ui::model::key_effect::PageTarget;
use crate::cli::ui::model::request::PageRequest;
use crate::event::MAX_NAME_BYTES;
use crate::event::StreamName;
use crate::ops::ListPage;
use crate::store::StreamInfo;

/// The number of streams of one request. Of earlier pages only the name before them is remembered.
pub(in crate::cli::ui) const PAGE: usize = 500;

/// The list of streams.
#[derive(Debug, Default)]
pub(in crate::cli::ui) struct Streams {
    /// The prefix of the names.
    pub(in crate::cli::ui) filter: String,
    /// True while the filter is being typed.
    pub(in crate::cli::ui) typing: bool,
    /// The streams of this page.
    pub(in crate::cli::ui) items: Vec<StreamInfo>,
    /// The cursor of the next page, if there is one.
    pub(in crate::cli::ui) next: Option<String>,
    /// True once the store has answered.
    pub(in crate::cli::ui) loaded: bool,
    pub(in crate::cli::ui) cursor: Cursor,
    /// The name before this page; `before` has that of each earlier page.
    after: Option<String>,
    before: Vec<Option<String>>,
    fresh: bool,
    /// The item to select once the page is loaded.
    land: Option<i64>,
    /// True if the selected stream is to be opened then.
    opens: bool,
}

impl Streams {
    /// Returns the number of streams before this page.
    pub(in crate::cli::ui) fn offset(&self) -> usize {
        self.before.len() * PAGE
    }

    /// Returns the selected stream.
    pub(in crate::cli::ui) fn chosen(&self) -> Option<&StreamInfo> {
        self.items.get(usize::try_from(self.cursor.at).ok()?)
    }

    pub(super) fn wants(&self) -> Option<PageRequest> {
        let request = || PageRequest::Streams { prefix: self.filter.clone(), after: self.after.clone() };
        (!self.fresh).then(request)
    }

    pub(super) fn stale(&mut self) {
        self.fresh = false;
    }

    pub(super) fn take(&mut self, page: ListPage<StreamInfo>) -> KeyEffect {
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
        if std::mem::take(&mut self.opens) { self.open() } else { KeyEffect::Stay }
    }

    pub(super) fn fit(&mut self, rows: u64) {
        // The list is fitted once the answer is there.
        if self.fresh {
            self.cursor.fit(self.items.len() as u64, rows);
        }
    }

    pub(super) fn key(&mut self, key: Key, rows: u64) -> KeyEffect {
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
                None => return KeyEffect::Unknown,
            },
        }
        KeyEffect::Stay
    }

    fn typed(&mut self, key: Key, rows: u64) -> KeyEffect {
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
        KeyEffect::Stay
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

    /// Returns true while another page than the visible one is being loaded.
    fn is_awaited(&self) -> bool {
        !self.fresh && (self.land.is_some() || !self.loaded)
    }

    fn turn_to(&mut self, after: Option<String>, land: i64) {
        (self.after, self.land, self.fresh) = (after, Some(land), false);
    }

    fn open(&mut self) -> KeyEffect {
        if self.is_awaited() {
            // The visible items are not those that were requested last.
            self.opens = true;
            return KeyEffect::Stay;
        }
        // An invalid name cannot be opened; 'esctl verify' reports it.
        match self.chosen().map(|info| StreamName::parse(&info.stream)) {
            Some(Ok(stream)) => KeyEffect::Open(PageTarget::Events(stream)),
            _ => KeyEffect::Stay,
        }
    }
}
