//! A cell of a table: safe text, its alignment and its tone.

use std::fmt::Display;

use serde_json::Value;

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::escape_unsafe;

/// The meaning of a cell, shown as its colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// No particular meaning.
    #[default]
    Plain,
    /// A good result.
    Good,
    /// A warning.
    Warn,
    /// A bad result.
    Bad,
    /// Less important.
    Dim,
    /// More important.
    Strong,
}

/// One cell of a table or one value of a report. Its text is made safe at creation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub(crate) text: String,
    pub(crate) right: bool,
    pub(crate) tone: Tone,
}

impl Cell {
    /// Returns a cell with text, left-aligned.
    pub fn new(text: impl Display) -> Self {
        let text = text.to_string();
        let text = match escape_unsafe(&text) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(safe) => safe,
        };
        Self { text, right: false, tone: Tone::Plain }
    }

    /// Returns a cell with a number, right-aligned.
    pub fn number(number: impl Display) -> Self {
        Self { right: true, ..Self::new(number) }
    }

    /// Returns a cell with a JSON value for people: a string without its quotes, null as a dash.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::new(text),
            Value::Null => Self::none(),
            other => Self::new(other),
        }
    }

    /// Returns the cell for a missing value.
    pub fn none() -> Self {
        Self::new("-")
    }

    /// Sets the tone.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// Returns the text as it is printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Returns a text with the escape sequences of its tone, if colour is on.
pub(crate) fn paint(text: &str, tone: Tone, colour: bool) -> String {
    let code = match tone {
        Tone::Plain => "",
        Tone::Good => "32",
        Tone::Warn => "33",
        Tone::Bad => "31",
        Tone::Dim => "2",
        Tone::Strong => "1",
    };
    if code.is_empty() || !colour { text.to_owned() } else { format!("\u{1b}[{code}m{text}\u{1b}[0m") }
}

macro_rules! cells {
    ($make:path: $($type:ty),*) => {
        $(impl From<$type> for Cell {
            fn from(value: $type) -> Self {
                $make(value)
            }
        })*
    };
}

cells!(Cell::new: &str, String, &String, std::borrow::Cow<'_, str>, bool, char, Timestamp, Hash, uuid::Uuid);
cells!(Cell::number: u8, u16, u32, u64, usize, i32, i64, f64, Version, Position);

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::none, Into::into)
    }
}
