//! Names of streams, and the values of the columns that make them.

use uuid::Uuid;

use crate::store::foreign::ColumnClass;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::layout_store::table::TableRows;

/// The maximum number of places at which a name may be split.
const MAX_SPLITS: usize = 64;

impl TableRows {
    /// Returns the values of the columns that may make a name. A name is split at every separator that may be a border, since
    /// its parts may hold the separator.
    pub(super) fn values_of(&self, name: &str) -> Vec<Vec<ForeignValue>> {
        let Some(stream) = &self.layout.events.stream else { return Vec::new() };
        let prefix = stream.prefix.clone().unwrap_or_default();
        let prefix = match (prefix.split_once('<'), &self.plan.captured) {
            (Some((before, rest)), Some(captured)) => {
                format!("{before}{captured}{}", rest.split_once('>').map_or("", |(_, after)| after))
            }
            _ => prefix,
        };
        let Some(rest) = name.strip_prefix(&prefix) else { return Vec::new() };
        let mut splits = Vec::new();
        split(rest, &stream.separator, self.parts.len(), &mut Vec::new(), &mut splits);
        let typed = |parts: Vec<&str>| self.parts.iter().zip(parts).map(|(column, part)| typed(column, part)).collect();
        splits.into_iter().filter_map(typed).collect()
    }

    /// Returns the category of a stream.
    pub(super) fn category<'n>(&self, name: &'n str) -> &'n str {
        let stream = self.layout.events.stream.as_ref();
        let separator = stream.and_then(|stream| stream.category_separator.as_deref()).unwrap_or("-");
        name.split_once(separator).map_or(name, |(category, _)| category)
    }
}

/// Finds the ways to split a text into a number of parts.
fn split<'t>(text: &'t str, separator: &str, parts: usize, before: &mut Vec<&'t str>, found: &mut Vec<Vec<&'t str>>) {
    if parts <= 1 || separator.is_empty() {
        if parts == 1 {
            found.push(before.iter().copied().chain([text]).collect());
        }
        return;
    }
    for (place, _) in text.match_indices(separator) {
        if found.len() >= MAX_SPLITS {
            return;
        }
        before.push(&text[..place]);
        split(&text[place + separator.len()..], separator, parts - 1, before, found);
        before.pop();
    }
}

/// Returns the value of a column for a part of a name; `None` if no value is shown so.
fn typed(column: &QueryColumn, part: &str) -> Option<ForeignValue> {
    let text = || ForeignValue::Text(part.to_owned());
    match column.class {
        ColumnClass::Integer => part.parse().ok().filter(|number: &i64| number.to_string() == part).map(ForeignValue::Integer),
        ColumnClass::Number => Some(ForeignValue::Number(part.to_owned())).filter(|_| part.parse::<f64>().is_ok()),
        ColumnClass::Uuid if column.alias.is_empty() => Some(text()),
        ColumnClass::Uuid => Uuid::parse_str(part).ok().map(|_| text()),
        ColumnClass::Boolean => part.parse().ok().map(ForeignValue::Boolean),
        ColumnClass::Bytes => Some(ForeignValue::Bytes(bytes_of(part).unwrap_or_else(|| part.as_bytes().to_vec()))),
        _ => Some(text()),
    }
}

/// Returns the bytes that are shown as hexadecimal digits; `None` for digits that are the bytes themselves.
fn bytes_of(part: &str) -> Option<Vec<u8>> {
    let digits = part.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = digits.chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    std::str::from_utf8(&bytes).is_err().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_name_is_split_at_every_border() {
        let mut found = Vec::new();
        split("order-line-a-1", "-", 2, &mut Vec::new(), &mut found);
        assert_eq!(found, [["order", "line-a-1"], ["order-line", "a-1"], ["order-line-a", "1"]]);
        found.clear();
        split("plain", "-", 2, &mut Vec::new(), &mut found);
        assert!(found.is_empty());
        split("plain-1", "-", 1, &mut Vec::new(), &mut found);
        assert_eq!(found, [["plain-1"]]);
    }
}
