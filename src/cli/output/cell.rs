//! A cell of a table: safe text, its alignment and its tone.

use std::fmt::Display;

use serde_json::Value;

use crate::cli::output::readable;
use crate::cli::output::settings::OutputSettings;
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

/// The form of a cell for which a terminal has too little room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Printed whole: an id, a name, a number, a time.
    #[default]
    Whole,
    /// Cut at the width: data of an event, a state.
    Data,
    /// Wrapped between words: a reason, a message.
    Prose,
}

/// One cell of a table or one value of a report. Its text is made safe at creation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub(crate) text: String,
    /// Set where the text is this moment in the form of [`OutputSettings::time`].
    pub(crate) time: Option<Timestamp>,
    pub(crate) flow: Flow,
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
        Self { text, ..Self::default() }
    }

    /// Returns a cell with a number, right-aligned.
    pub fn number(number: impl Display) -> Self {
        Self { right: true, ..Self::new(number) }
    }

    /// Text that is wrapped where there is little room.
    pub fn prose(text: impl Display) -> Self {
        Self { flow: Flow::Prose, ..Self::new(text) }
    }

    /// Text that is cut where there is little room.
    pub fn cut(text: impl Display) -> Self {
        Self { flow: Flow::Data, ..Self::new(text) }
    }

    /// JSON as people read it, `key value, key value`; cut where there is little room.
    pub fn data(value: &Value) -> Self {
        Self::cut(readable::json(value))
    }

    /// The JSON text of an event, as [`Cell::data`]; as it is where it is no JSON.
    pub fn data_text(json: &str) -> Self {
        Self::cut(readable::text(json))
    }

    /// A moment, on a terminal to the second.
    pub fn time(time: Timestamp) -> Self {
        if time.is_some() { Self { time: Some(time), ..Self::new(time) } } else { Self::none() }
    }

    /// Returns true for an empty cell and a dash.
    pub(crate) fn is_none(&self) -> bool {
        self.text.is_empty() || self.text == "-"
    }

    /// Puts the time of the cell into the form that the settings ask for.
    pub(crate) fn settled(self, settings: &OutputSettings) -> Self {
        match self.time {
            Some(time) => Self { text: settings.time(time), ..self },
            None => self,
        }
    }

    /// Returns a cell with a JSON value for people: a string without its quotes, null as a dash. A time in the form of the
    /// store is a time.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => match text.parse::<Timestamp>() {
                Ok(time) if time.to_string() == *text => Self::time(time),
                _ => Self::new(text),
            },
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

cells!(Cell::new: &str, String, &String, std::borrow::Cow<'_, str>, bool, char, Hash, uuid::Uuid);
cells!(Cell::time: Timestamp);
cells!(Cell::number: u8, u16, u32, u64, usize, i32, i64, f64, Version, Position);

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::none, Into::into)
    }
}
