//! The page of events: those of a stream or of all, by version or position, the newest at the end.

use crate::cli::output::Key;
use crate::cli::ui::model::cursor::Cursor;
use crate::cli::ui::model::key_effect::KeyEffect;
use crate::cli::ui::model::key_effect::PageTarget;
use crate::cli::ui::model::request::PageRequest;
use crate::event::StreamName;
use crate::ops::browse::BrowseEvents;
use crate::ops::browse::EventLine;
use crate::ops::browse::EventLines;

/// The number of events that are held at once: a window over all events.
pub(in crate::cli::ui) const WINDOW: u64 = 300;

/// The list of events. Item `i` of the cursor is the event with number `i + 1`.
#[derive(Debug)]
pub(in crate::cli::ui) struct Events {
    /// The stream; none for all streams.
    pub(in crate::cli::ui) stream: Option<StreamName>,
    /// The number of the last event.
    pub(in crate::cli::ui) last: u64,
    /// True once the store has answered.
    pub(in crate::cli::ui) loaded: bool,
    /// True while the newest event is kept visible.
    pub(in crate::cli::ui) follow: bool,
    pub(in crate::cli::ui) cursor: Cursor,
    window: EventLines,
    fresh: bool,
    /// True if the selected event is to be opened as soon as it is loaded.
    opens: bool,
}

impl Events {
    pub(super) fn of_all() -> Self {
        let window = EventLines { from: 1, last: 0, items: Vec::new() };
        let cursor = Cursor::default();
        Self { stream: None, last: 0, loaded: false, follow: true, cursor, window, fresh: false, opens: false }
    }

    pub(super) fn of_stream(stream: StreamName) -> Self {
        Self { stream: Some(stream), ..Self::of_all() }
    }

    /// Returns an event by its number, if it is held.
    pub(in crate::cli::ui) fn line(&self, place: u64) -> Option<&EventLine> {
        self.window.items.get(usize::try_from(place.checked_sub(self.window.from)?).ok()?)
    }

    pub(super) fn wants(&self, rows: u64) -> Option<PageRequest> {
        let request = |from| PageRequest::Events(BrowseEvents { stream: self.stream.clone(), from, limit: WINDOW.max(2 * rows) });
        if !self.loaded {
            return Some(request(None));
        }
        let (first, last) = (self.cursor.top + 1, (self.cursor.top + rows).min(self.last));
        let held = self.window.items.len() as u64;
        if last >= first && (first < self.window.from || last >= self.window.from + held) {
            return Some(request(Some(first.saturating_sub(WINDOW / 3).max(1))));
        }
        if self.fresh {
            return None;
        }
        Some(request(if self.follow { None } else { Some(self.window.from) }))
    }

    pub(super) fn stale(&mut self) {
        self.fresh = false;
    }

    pub(super) fn take(&mut self, window: EventLines) -> KeyEffect {
        (self.last, self.window) = (window.last, window);
        (self.loaded, self.fresh) = (true, true);
        if self.follow {
            self.cursor.go(self.last.cast_signed() - 1, self.last);
        }
        if std::mem::take(&mut self.opens) { self.open() } else { KeyEffect::Stay }
    }

    pub(super) fn fit(&mut self, rows: u64) {
        self.cursor.fit(self.last, rows);
    }

    pub(super) fn key(&mut self, key: Key, rows: u64) -> KeyEffect {
        self.opens = matches!(key, Key::Enter | Key::Right | Key::Char('l'));
        if self.opens {
            return self.open();
        }
        if key == Key::Left && self.stream.is_some() {
            return KeyEffect::Unknown;
        }
        let Some(to) = self.cursor.moved(key, self.last, rows) else { return KeyEffect::Unknown };
        self.cursor.go(to, self.last);
        self.follow = self.cursor.at + 1 >= self.last;
        KeyEffect::Stay
    }

    fn open(&mut self) -> KeyEffect {
        let Some(line) = self.line(self.cursor.at + 1) else { return KeyEffect::Stay };
        let last = if self.stream.is_some() { self.last } else { line.version.0 };
        let (stream, version) = (StreamName::parse(&line.stream), line.version.0);
        self.opens = false;
        match stream {
            Ok(stream) => KeyEffect::Open(PageTarget::Version { stream, version, last }),
            Err(_) => KeyEffect::Stay,
        }
    }
}
