//! A JSON value as lines, each marked with its change.

use std::collections::HashMap;

use serde_json::Map;
use serde_json::Value;

use crate::event::RecordedEvent;
use crate::ops::Change;

/// The change of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::ui) enum Mark {
    /// Unchanged.
    Same,
    /// Added.
    Added,
    /// Changed from another value.
    Changed,
    /// Removed.
    Removed,
}

/// A line of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ui) struct StateLine {
    pub(in crate::cli::ui) mark: Mark,
    /// The line as it comes from the store: not yet safe.
    pub(in crate::cli::ui) text: String,
    /// The value before, if it has changed.
    pub(in crate::cli::ui) was: Option<String>,
}

/// Returns the lines of an event, unmarked. Fields that other parts of the page show are at the end.
pub(super) fn plain_lines(event: &RecordedEvent) -> Vec<StateLine> {
    let mut whole = serde_json::to_value(event).unwrap_or_default();
    let mut value = Map::new();
    if let Some(members) = whole.as_object_mut() {
        for first in ["data", "metadata"] {
            value.extend(members.shift_remove_entry(first));
        }
        value.append(members);
    }
    state_lines(&value.into(), &[])
}

/// Returns the lines of a state, with the changes marked.
pub(in crate::cli::ui) fn state_lines(state: &Value, changes: &[Change]) -> Vec<StateLine> {
    let mut removed: HashMap<&str, Vec<(&str, &Value)>> = HashMap::new();
    let mut changed = HashMap::new();
    for change in changes {
        match (&change.before, &change.after) {
            (Some(before), None) => {
                let (parent, name) = change.path.rsplit_once('/').unwrap_or(("", ""));
                removed.entry(parent).or_default().push((name, before));
            }
            (before, Some(_)) => {
                // A state that was null as a whole has no earlier value to show.
                let before = before.as_ref().filter(|before| !before.is_null() || !change.path.is_empty());
                changed.insert(change.path.as_str(), before);
            }
            (None, None) => {}
        }
    }
    let mut writer = LineWriter { changed, removed, lines: Vec::new() };
    let start = LineContext { path: String::new(), depth: 0, mark: Mark::Same, before: String::new(), comma: false };
    writer.value(state, start);
    writer.lines
}

struct LineWriter<'a> {
    changed: HashMap<&'a str, Option<&'a Value>>,
    removed: HashMap<&'a str, Vec<(&'a str, &'a Value)>>,
    lines: Vec<StateLine>,
}

/// The context of a value on its line.
struct LineContext {
    path: String,
    depth: usize,
    /// The change of the value that contains it.
    mark: Mark,
    /// The text before it on its line.
    before: String,
    comma: bool,
}

impl LineWriter<'_> {
    fn value(&mut self, value: &Value, mut place: LineContext) {
        let mut was = None;
        if place.mark == Mark::Same
            && let Some(before) = self.changed.get(place.path.as_str())
        {
            place.mark = if before.is_some() { Mark::Changed } else { Mark::Added };
            was = before.map(Value::to_string);
        }
        match value {
            Value::Object(members) => {
                let named = members.iter().map(|(key, value)| {
                    let token = key.replace('~', "~0").replace('/', "~1");
                    (token, format!("{}: ", Value::from(key.as_str())), value)
                });
                self.several(('{', '}'), named.collect(), was, &place);
            }
            Value::Array(items) => {
                let numbered = items.iter().enumerate().map(|(index, value)| (index.to_string(), String::new(), value));
                self.several(('[', ']'), numbered.collect(), was, &place);
            }
            single => self.line(&place, &single.to_string(), place.comma, was),
        }
    }

    fn several(
        &mut self,
        (open, close): (char, char),
        parts: Vec<(String, String, &Value)>,
        was: Option<String>,
        place: &LineContext,
    ) {
        let removed = self.removed.get(place.path.as_str()).cloned().unwrap_or_default();
        if parts.is_empty() && removed.is_empty() {
            return self.line(place, &format!("{open}{close}"), place.comma, was);
        }
        self.line(place, &open.to_string(), false, was);
        let count = parts.len();
        for (index, (token, before, value)) in parts.into_iter().enumerate() {
            let path = format!("{}/{token}", place.path);
            let inner = LineContext { path, depth: place.depth + 1, mark: place.mark, before, comma: index + 1 < count };
            self.value(value, inner);
        }
        for (token, value) in removed {
            let key = token.replace("~1", "/").replace("~0", "~");
            let before = if open == '{' { format!("{}: ", Value::from(key)) } else { String::new() };
            let gone = LineContext { path: String::new(), depth: place.depth + 1, mark: Mark::Removed, before, comma: false };
            self.line(&gone, &value.to_string(), false, None);
        }
        let end = LineContext { path: String::new(), before: String::new(), ..*place };
        self.line(&end, &close.to_string(), place.comma, None);
    }

    fn line(&mut self, place: &LineContext, text: &str, comma: bool, was: Option<String>) {
        let indent = "  ".repeat(place.depth);
        let comma = if comma { "," } else { "" };
        self.lines.push(StateLine { mark: place.mark, text: format!("{indent}{}{text}{comma}", place.before), was });
    }
}
