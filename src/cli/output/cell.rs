//! One cell of a table: safe text, its side and its tone.

use std::fmt::Display;

use serde_json::Value;

use crate::event::Hash;
use crate::event::Position;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::escape_unsafe;

/// What a cell wants to say by its colour, where there is colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// Look at this.
    Warn,
    /// This is wrong.
    Bad,
    /// Of less interest.
    Dim,
    /// Of more interest.
    Strong,
}

/// One cell of a table or one value of a report. Its text is made safe when it is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub(crate) text: String,
    pub(crate) right: bool,
    pub(crate) tone: Tone,
}

impl Cell {
    /// Text, on the left.
    pub fn new(text: impl Display) -> Self {
        let text = text.to_string();
        let text = match escape_unsafe(&text) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(safe) => safe,
        };
        Self { text, right: false, tone: Tone::Plain }
    }

    /// A number, on the right.
    pub fn number(number: impl Display) -> Self {
        Self { right: true, ..Self::new(number) }
    }

    /// Returns a JSON value as people read it: a string without its quotes, nothing as a dash.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::new(text),
            Value::Null => Self::none(),
            other => Self::new(other),
        }
    }

    /// What stands where there is nothing.
    pub fn none() -> Self {
        Self::new("-")
    }

    /// The same cell in a tone.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The text as it is printed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A text with the escape sequences of its tone around it, where there is colour.
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
