//! Names of streams, and the values of the columns that make them.

use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::layout_store::table::TableRows;

/// The maximum number of combinations of values that may make a name.
const MAX_COMBINATIONS: usize = 1024;

impl TableRows {
    /// Returns the values of the columns that may make a name. A name is split at every separator that may be a border, since
    /// its parts may hold the separator. Values of several types may be shown in the same way.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if there are too many.
    pub(super) fn values_of(&self, engine: Engine, name: &str) -> Result<Vec<Vec<ForeignValue>>, StoreError> {
        let Some(stream) = &self.layout.events.stream else { return Ok(Vec::new()) };
        let prefix = stream.prefix.clone().unwrap_or_default();
        let prefix = match (prefix.split_once('<'), &self.plan.captured) {
            (Some((before, rest)), Some(captured)) => {
                format!("{before}{captured}{}", rest.split_once('>').map_or("", |(_, after)| after))
            }
            _ => prefix,
        };
        let Some(rest) = name.strip_prefix(&prefix) else { return Ok(Vec::new()) };
        let mut splits = Vec::new();
        split(rest, &stream.separator, self.parts.len(), &mut Vec::new(), &mut splits);
        let mut found: Vec<Vec<ForeignValue>> = Vec::new();
        for parts in splits {
            let mut combinations = vec![Vec::new()];
            for (column, part) in self.parts.iter().zip(parts) {
                let forms = forms(engine, column, part);
                let each = combinations.iter().flat_map(|before: &Vec<ForeignValue>| {
                    forms.iter().map(|form| before.iter().chain([form]).cloned().collect())
                });
                combinations = each.take(MAX_COMBINATIONS + 1).collect();
            }
            found.extend(combinations);
            if found.len() > MAX_COMBINATIONS {
                let message = format!("the name {name} has too many separators to be found: the parts of a stream are unclear");
                return Err(StoreError::Invalid(message));
            }
        }
        Ok(found)
    }

    /// Returns the text between category and id.
    pub(super) fn category_separator(&self) -> &str {
        let stream = self.layout.events.stream.as_ref();
        stream.and_then(|stream| stream.category_separator.as_deref()).unwrap_or("-")
    }

    /// Returns the category of a stream.
    pub(super) fn category<'n>(&self, name: &'n str) -> &'n str {
        name.split_once(self.category_separator()).map_or(name, |(category, _)| category)
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
        // One more than are tried is too many.
        if found.len() > MAX_COMBINATIONS {
            return;
        }
        before.push(&text[..place]);
        split(&text[place + separator.len()..], separator, parts - 1, before, found);
        before.pop();
    }
}

/// Returns the values of a column that are shown as a part of a name, the likeliest first.
fn forms(engine: Engine, column: &QueryColumn, part: &str) -> Vec<ForeignValue> {
    let typed = typed(column, part);
    if engine == Engine::Postgres {
        return typed.into_iter().collect();
    }
    // SQLite and MongoDB keep values of any type in a column.
    let number = part.parse::<f64>().ok().filter(|number| number.is_finite() && number.to_string() == part);
    let whole = part.parse().ok().filter(|number: &i64| number.to_string() == part).map(ForeignValue::Integer);
    let number = whole.or_else(|| number.map(|_| ForeignValue::Number(part.into())));
    let is_number = matches!(column.class, ColumnClass::Integer | ColumnClass::Number);
    let text = Some(ForeignValue::Text(part.into()));
    let bytes = || Some(ForeignValue::Bytes(bytes_of(part).unwrap_or_else(|| part.as_bytes().to_vec())));
    let bytes = if engine == Engine::Sqlite { bytes() } else { None };
    let mut forms = Vec::new();
    for form in [typed.filter(|_| is_number || column.class == ColumnClass::Bytes), text, number, bytes].into_iter().flatten() {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Returns the value of a column for a part of a name; `None` if no value is shown so.
fn typed(column: &QueryColumn, part: &str) -> Option<ForeignValue> {
    let text = || ForeignValue::Text(part.into());
    match column.class {
        ColumnClass::Integer => part.parse().ok().filter(|number: &i64| number.to_string() == part).map(ForeignValue::Integer),
        ColumnClass::Number => Some(ForeignValue::Number(part.into())).filter(|_| part.parse::<f64>().is_ok()),
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
