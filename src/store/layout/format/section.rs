//! A table of a layout file: its keys are checked when it is opened, and its values are read with their types.

use std::ops::Range;

use toml_edit::Item;
use toml_edit::Key;
use toml_edit::TableLike;
use toml_edit::Value;

use crate::store::layout::error::LayoutError;

/// The text of a file.
#[derive(Clone, Copy)]
pub(super) struct Source<'a>(pub(super) &'a str);

impl Source<'_> {
    /// Returns an error at a place.
    pub(super) fn error(self, span: Option<Range<usize>>, message: impl Into<String>) -> LayoutError {
        let before = span.and_then(|span| self.0.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        LayoutError { line, column, message: message.into(), word: String::new(), candidates: Vec::new() }
    }
}

/// Adds the possible words in place of a wrong one.
pub(super) fn among(error: LayoutError, word: &str, candidates: &[&str]) -> LayoutError {
    LayoutError { word: word.to_owned(), candidates: candidates.iter().map(|word| (*word).to_owned()).collect(), ..error }
}

/// A table of the file.
#[derive(Clone)]
pub(super) struct Section<'a> {
    source: Source<'a>,
    /// The path for messages; empty for the file itself.
    name: String,
    table: &'a dyn TableLike,
    span: Option<Range<usize>>,
}

/// A value with its place.
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Option<Range<usize>>,
}

impl<'a> Section<'a> {
    /// Opens a table, and checks that it has only known keys.
    pub(super) fn open(
        source: Source<'a>,
        name: &str,
        table: &'a dyn TableLike,
        span: Option<Range<usize>>,
        known: &[&str],
    ) -> Result<Self, LayoutError> {
        for (key, _) in keys_of(table) {
            if !known.contains(&key.get()) {
                let place = if name.is_empty() { String::new() } else { format!(" in {name}") };
                let error =
                    source.error(key.span(), format!("unknown key {}{place}; known here: {}", key.get(), known.join(", ")));
                return Err(among(error, key.get(), known));
            }
        }
        Ok(Self { source, name: name.to_owned(), table, span })
    }

    /// Returns an error at the start of the table.
    pub(super) fn error(&self, message: impl Into<String>) -> LayoutError {
        self.source.error(self.span.clone(), message)
    }

    /// Returns an error at a place.
    pub(super) fn error_at(&self, span: Option<Range<usize>>, message: impl Into<String>) -> LayoutError {
        self.source.error(span, message)
    }

    /// Returns an error at the value of a key.
    pub(super) fn error_of(&self, key: &str, message: impl Into<String>) -> LayoutError {
        let span = self.table.get(key).and_then(Item::span).or_else(|| self.span.clone());
        self.source.error(span, message)
    }

    /// Returns the path of a key, for messages.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn wrong(&self, key: &str, expected: &str) -> LayoutError {
        self.error_of(key, format!("{} must be {expected}", self.path(key)))
    }

    /// Returns true if a key is present.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Returns the keys in their order.
    pub(super) fn keys(&self) -> Vec<Spanned<&'a str>> {
        keys_of(self.table).map(|(key, _)| Spanned { value: key.get(), span: key.span() }).collect()
    }

    /// Returns a value that is needed.
    pub(super) fn needed<T>(&self, key: &str, value: Option<T>) -> Result<T, LayoutError> {
        value.ok_or_else(|| match self.name.as_str() {
            "" => self.error(format!("{key} is missing")),
            name => self.error(format!("{key} is missing in {name}")),
        })
    }

    /// Reads a text.
    pub(super) fn text(&self, key: &str) -> Result<Option<Spanned<&'a str>>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let value = item.as_str().ok_or_else(|| self.wrong(key, "a text in quotes"))?;
        Ok(Some(Spanned { value, span: item.span() }))
    }

    /// Reads true or false.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_bool().map(Some).ok_or_else(|| self.wrong(key, "true or false"))
    }

    /// Reads a whole number.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_integer().map(Some).ok_or_else(|| self.wrong(key, "a whole number"))
    }

    /// Reads one of several words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, LayoutError> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let Some(text) = self.text(key)? else { return Ok(None) };
        match choices.iter().find(|(word, _)| *word == text.value) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let error = self.wrong(key, &format!("one of {}; found \"{}\"", words.join(", "), text.value));
                Err(among(error, text.value, &words))
            }
        }
    }

    /// Reads a list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Option<Vec<Spanned<&'a str>>>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let wrong = || self.wrong(key, "a list of texts, like [\"a\", \"b\"]");
        let array = item.as_array().ok_or_else(wrong)?;
        let texts = array.iter().map(|value| Some(Spanned { value: value.as_str()?, span: value.span() }));
        texts.collect::<Option<_>>().map(Some).ok_or_else(wrong)
    }

    /// Reads a list of plain values.
    pub(super) fn values(&self, key: &str) -> Result<Option<Vec<&'a Value>>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let array = item.as_array().ok_or_else(|| self.wrong(key, "a list of values, like [1, 2]"))?;
        Ok(Some(array.iter().collect()))
    }

    /// Reads a plain value.
    pub(super) fn value(&self, key: &str) -> Result<Option<&'a Value>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_value().map(Some).ok_or_else(|| self.wrong(key, "a value"))
    }

    /// Opens a table below this one.
    pub(super) fn section(&self, key: &str, known: &[&str]) -> Result<Option<Self>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let table =
            item.as_table_like().ok_or_else(|| self.wrong(key, &format!("a table with {}, and no SQL", known.join(", "))))?;
        Self::open(self.source, &self.path(key), table, self.span_of(key), known).map(Some)
    }

    /// Opens a table whose keys are names.
    pub(super) fn named(&self, key: &str) -> Result<Option<Self>, LayoutError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let table = item.as_table_like().ok_or_else(|| self.wrong(key, "a table"))?;
        Ok(Some(Self { source: self.source, name: self.path(key), table, span: self.span_of(key) }))
    }

    fn span_of(&self, key: &str) -> Option<Range<usize>> {
        let item = self.table.get(key).and_then(Item::span);
        item.or_else(|| self.table.get_key_value(key).and_then(|(key, _)| key.span()))
    }

    /// Opens a list of tables, or a single one.
    pub(super) fn sections(&self, key: &str, known: &[&str]) -> Result<Vec<Self>, LayoutError> {
        let expected = || self.wrong(key, &format!("a table with {}, or a list of them, and no SQL", known.join(", ")));
        let path = self.path(key);
        let open = |table: &'a dyn TableLike, span| Self::open(self.source, &path, table, span, known);
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| open(table, table.span())).collect(),
            Some(Item::Value(Value::Array(array))) => {
                let tables = array.iter().map(|value| {
                    let table = value.as_inline_table().ok_or_else(expected)?;
                    open(table, value.span())
                });
                tables.collect()
            }
            Some(item) => {
                let table = item.as_table_like().ok_or_else(expected)?;
                Ok(vec![open(table, self.span_of(key))?])
            }
        }
    }
}

/// Returns the members of a table with their keys, which know their place in the file.
fn keys_of(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}
