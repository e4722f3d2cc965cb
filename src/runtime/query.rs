//! A query by name, and its answer.

use serde::Serialize;
use serde_json::Value;

use crate::event::same_text;
use crate::runtime::caveat::Caveat;

/// A query for rows of a read model.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The name of the read model.
    pub name: String,
    /// Fields of the row at the requested time, and their required values. `a.b` is field `b` of the object in field
    /// `a`.
    pub filters: Vec<(String, Value)>,
    /// Only rows after this key.
    pub after: Option<String>,
    /// Maximum number of rows.
    pub limit: usize,
    /// Set to answer from the read model without bringing it up to date.
    pub stale: bool,
}

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct QueryRow {
    /// The key.
    pub key: String,
    /// The row at the requested time.
    pub row: Value,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryAnswer {
    /// The rows, in the order of their keys.
    pub rows: Vec<QueryRow>,
    /// Warnings that qualify the rows. Empty if there are none.
    pub caveats: Vec<Caveat>,
}

/// Returns the row of an answer; `None` if it does not match the query.
pub(super) fn wanted_row(query: &Query, key: String, row: Value) -> Option<QueryRow> {
    let wanted = !row.is_null() && query.filters.iter().all(|(field, value)| has(&row, field, value));
    wanted.then_some(QueryRow { key, row })
}

/// Returns true if a field of a row has a value. Texts are compared in one normal form. A number or boolean also
/// matches a text of the same form.
pub(crate) fn has(row: &Value, field: &str, wanted: &Value) -> bool {
    let mut found = &row[field];
    if found.is_null() && field.contains('.') {
        found = field.split('.').fold(row, |inner, name| &inner[name]);
    }
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => same_text(found, wanted),
        (Value::String(_), _) => *found == Value::String(wanted.to_string()),
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::has;

    #[test]
    fn a_filter_looks_into_objects_and_takes_text_for_numbers() {
        let row = json!({"a": "5", "b": {"c": true}, "d.e": 1, "f": null});
        assert!(has(&row, "a", &json!(5)) && has(&row, "a", &json!("5")));
        assert!(has(&row, "b.c", &json!(true)) && has(&row, "d.e", &json!(1)) && has(&row, "f", &json!(null)));
        assert!(has(&json!({"a": "Jose\u{301}"}), "a", &json!("Jos\u{e9}")));
        assert!(!has(&row, "a", &json!(6)) && !has(&row, "b.x", &json!(true)) && !has(&row, "d.e", &json!("1")));
    }
}
