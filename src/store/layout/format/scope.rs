//! The aliases that references to columns may use, and the reading of such references.

use crate::store::foreign::Engine;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::names::check_name;
use crate::store::layout::format::names::check_path;
use crate::store::layout::format::section::Section;
use crate::store::layout::format::section::Spanned;
use crate::store::layout::format::section::among;

/// The keys of a column that may be missing.
pub(super) const COLUMN: [&str; 2] = ["column", "optional"];

/// The tables of a section by their aliases. The first one is that of `from`.
pub(super) struct Scope {
    pub(super) engine: Engine,
    pub(super) aliases: Vec<String>,
}

impl Scope {
    /// Reads a reference to a column from a text.
    pub(super) fn reference(&self, section: &Section<'_>, text: &Spanned<&str>) -> Result<ColumnRef, LayoutError> {
        let wrong = |reason: String| section.error_at(text.span.clone(), reason);
        let make = |alias: &str, name: &str| ColumnRef { alias: alias.to_owned(), name: name.to_owned(), optional: false };
        if self.engine == Engine::Mongodb {
            check_path(text.value).map_err(wrong)?;
            return Ok(make("", text.value));
        }
        let first = self.aliases.first().map_or("e", String::as_str);
        let (alias, name) = text.value.split_once('.').unwrap_or((first, text.value));
        check_name(name).and_then(|()| check_name(alias)).map_err(wrong)?;
        if self.aliases.iter().any(|known| known == alias) {
            return Ok(make(alias, name));
        }
        let known: Vec<&str> = self.aliases.iter().map(String::as_str).collect();
        let reason = format!("\"{}\" names the alias {alias}; the aliases here are {}", text.value, known.join(", "));
        Err(among(wrong(reason), alias, &known))
    }

    /// Reads a column: a text, or a table with `column` and `optional`.
    pub(super) fn column(&self, section: &Section<'_>, key: &str) -> Result<Option<ColumnRef>, LayoutError> {
        if !section.has(key) {
            return Ok(None);
        }
        if let Ok(Some(text)) = section.text(key) {
            return self.reference(section, &text).map(Some);
        }
        match section.section(key, &COLUMN)? {
            Some(table) => self.column_of(&table).map(Some),
            None => Ok(None),
        }
    }

    /// Reads the key `column` of a table, and `optional` beside it.
    pub(super) fn column_of(&self, table: &Section<'_>) -> Result<ColumnRef, LayoutError> {
        let text = table.needed("column", table.text("column")?)?;
        let column = self.reference(table, &text)?;
        Ok(ColumnRef { optional: table.flag("optional")?.unwrap_or(false), ..column })
    }

    /// Reads a list of columns.
    pub(super) fn columns(&self, section: &Section<'_>, key: &str) -> Result<Vec<ColumnRef>, LayoutError> {
        let texts = section.texts(key)?;
        if texts.as_ref().is_some_and(Vec::is_empty) {
            return Err(section.error_of(key, format!("{} is empty", section.path(key))));
        }
        texts.unwrap_or_default().iter().map(|text| self.reference(section, text)).collect()
    }
}
