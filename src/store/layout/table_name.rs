//! The name of a table in a layout, which may be a pattern such as `<app>_events`.

use std::fmt;

use serde::Serialize;
use serde::Serializer;

/// The name of a table, or a pattern with one placeholder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName(String);

impl TableName {
    /// Returns a name. The text was checked.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    fn parts(&self) -> Option<(&str, &str, &str)> {
        let (before, rest) = self.0.split_once('<')?;
        let (inside, after) = rest.split_once('>')?;
        Some((before, inside, after))
    }

    /// Returns the name of the placeholder, if the name is a pattern.
    pub fn placeholder(&self) -> Option<&str> {
        self.parts().map(|(_, inside, _)| inside)
    }

    /// Returns the text in place of the placeholder in a table with this name; `None` if the table does not match or the
    /// name is no pattern.
    pub fn capture<'t>(&self, table: &'t str) -> Option<&'t str> {
        let (before, _, after) = self.parts()?;
        let captured = table.strip_prefix(before)?.strip_suffix(after)?;
        (!captured.is_empty()).then_some(captured)
    }

    /// Returns the name with a text for its placeholder.
    pub fn with(&self, captured: Option<&str>) -> String {
        match (self.parts(), captured) {
            (Some((before, _, after)), Some(captured)) => format!("{before}{captured}{after}"),
            _ => self.0.clone(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::TableName;

    #[test]
    fn a_placeholder_stands_for_at_least_one_character() {
        let name = TableName::new("<app>_events".into());
        assert_eq!(name.capture("shop_events"), Some("shop"));
        assert_eq!(name.capture("_events"), None);
        assert_eq!(name.capture("shop_event"), None);
        assert_eq!(name.with(Some("shop")), "shop_events");
        assert_eq!(TableName::new("events".into()).capture("events"), None);
    }
}
