//! The differences between two JSON values, place by place.

use serde::Serialize;
use serde_json::Value;

/// A place where two values differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Change {
    /// The place, as a JSON pointer; empty: the whole value.
    pub path: String,
    /// The old value; none: nothing.
    #[cfg_attr(feature = "server", schema(value_type = Value, required = true))]
    pub before: Option<Value>,
    /// The new value; none: nothing.
    #[cfg_attr(feature = "server", schema(value_type = Value, required = true))]
    pub after: Option<Value>,
}

/// Returns the deepest places at which two values differ.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(&mut String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare(path: &mut String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    match (before, after) {
        _ if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let added = after.keys().filter(|key| !before.contains_key(*key));
            for key in before.keys().chain(added) {
                let token = key.replace('~', "~0").replace('/', "~1");
                within(path, &token, before.get(key), after.get(key), found);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for index in 0..before.len().max(after.len()) {
                within(path, &index.to_string(), before.get(index), after.get(index), found);
            }
        }
        _ => found.push(Change { path: path.clone(), before: before.cloned(), after: after.cloned() }),
    }
}

fn within(path: &mut String, token: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    let length = path.len();
    path.push('/');
    path.push_str(token);
    compare(path, before, after, found);
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn each_place_is_a_pointer_that_finds_its_value() {
        let before = json!({"a": 1, "b": {"c~/d": [1, 2]}, "gone": null});
        let after = json!({"a": 1, "b": {"c~/d": [1, 3, 4]}, "new": true});
        let found = changes(&before, &after);
        let paths: Vec<_> = found.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["/b/c~0~1d/1", "/b/c~0~1d/2", "/gone", "/new"]);
        for change in found {
            assert_eq!(before.pointer(&change.path), change.before.as_ref());
            assert_eq!(after.pointer(&change.path), change.after.as_ref());
        }
        assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn values_of_different_kinds_differ_as_a_whole() {
        let found = changes(&json!(null), &json!({"a": 1}));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "");
    }
}
