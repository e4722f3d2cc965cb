//! The content of a scenario file as a tree with lines and columns.

use serde_json::Map;
use serde_json::Value;

/// A location in a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct SourceLocation {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A mistake in a scenario file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    /// The location of the mistake.
    pub location: SourceLocation,
    /// The description of the mistake.
    pub message: String,
    /// The unknown word, if there is one.
    pub word: String,
    /// The known words that may have been meant.
    pub candidates: Vec<String>,
}

impl ScenarioError {
    /// Returns a mistake at a location.
    pub(super) fn at(location: SourceLocation, message: impl Into<String>) -> Self {
        Self { location, message: message.into(), word: String::new(), candidates: Vec::new() }
    }

    /// Returns a mistake for an unknown word.
    pub(super) fn unknown(location: SourceLocation, what: &str, word: &str, candidates: &[&str]) -> Self {
        let candidates = candidates.iter().map(|name| (*name).to_owned()).collect();
        Self { word: word.to_owned(), candidates, ..Self::at(location, format!("unknown {what} \"{word}\"")) }
    }
}

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YamlNode {
    pub(super) location: SourceLocation,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A text, number, boolean or null.
    Scalar(Value),
    List(Vec<YamlNode>),
    Map(Vec<YamlEntry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YamlEntry {
    pub(super) key: String,
    pub(super) location: SourceLocation,
    pub(super) value: YamlNode,
}

impl YamlNode {
    /// Returns a description for messages.
    fn what(&self) -> String {
        match &self.kind {
            Kind::Scalar(Value::Null) => "nothing".into(),
            Kind::Scalar(Value::String(text)) => format!("the text \"{text}\""),
            Kind::Scalar(value) => value.to_string(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
        }
    }

    /// Returns a mistake for a value of another kind than expected.
    pub(super) fn expected(&self, wanted: &str) -> ScenarioError {
        ScenarioError::at(self.location, format!("expected {wanted}, found {}", self.what()))
    }

    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Scalar(Value::Null)
    }

    /// Returns the value as JSON.
    pub(super) fn json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::json).collect(),
            Kind::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect::<Map<_, _>>().into()
            }
        }
    }

    pub(super) fn object(&self) -> Result<Value, ScenarioError> {
        if matches!(self.kind, Kind::Map(_)) { Ok(self.json()) } else { Err(self.expected("a map")) }
    }

    pub(super) fn list(&self) -> Result<&[Self], ScenarioError> {
        if let Kind::List(items) = &self.kind { Ok(items) } else { Err(self.expected("a list")) }
    }

    pub(super) fn text(&self, wanted: &str) -> Result<&str, ScenarioError> {
        if let Kind::Scalar(Value::String(text)) = &self.kind { Ok(text) } else { Err(self.expected(wanted)) }
    }

    pub(super) fn truth(&self) -> Result<bool, ScenarioError> {
        if let Kind::Scalar(Value::Bool(truth)) = self.kind { Ok(truth) } else { Err(self.expected("true or false")) }
    }

    /// Returns a whole number from 0.
    pub(super) fn count(&self) -> Result<u64, ScenarioError> {
        let count = if let Kind::Scalar(value) = &self.kind { value.as_i64() } else { None };
        count.and_then(|count| u64::try_from(count).ok()).ok_or_else(|| self.expected("a whole number from 0"))
    }

    /// Parses a text. The error gets the location of the text.
    pub(super) fn parse<T, E: ToString>(&self, wanted: &str, read: impl Fn(&str) -> Result<T, E>) -> Result<T, ScenarioError> {
        read(self.text(wanted)?).map_err(|error| ScenarioError::at(self.location, error.to_string()))
    }
}

/// The entries of a map whose keys are all known.
#[derive(Debug, Clone, Copy)]
pub(super) struct YamlFields<'n> {
    pub(super) location: SourceLocation,
    what: &'static str,
    entries: &'n [YamlEntry],
}

impl<'n> YamlFields<'n> {
    /// Returns the entries of a map. Unknown keys are errors.
    pub(super) fn of(node: &'n YamlNode, what: &'static str, known: &[&str]) -> Result<Self, ScenarioError> {
        let Kind::Map(entries) = &node.kind else { return Err(node.expected(&format!("{what}: a map of {}", known.join(", ")))) };
        match entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            Some(entry) => {
                let error = ScenarioError::unknown(entry.location, "key", &entry.key, known);
                let message = format!("{} in {what}; there are {}", error.message, known.join(", "));
                Err(ScenarioError { message, ..error })
            }
            None => Ok(Self { location: node.location, what, entries }),
        }
    }

    /// Returns the keys and their locations.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'n str, SourceLocation)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.location))
    }

    /// Returns the value of a key, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<&'n YamlNode> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Returns the value of a required key.
    pub(super) fn need(&self, key: &str) -> Result<&'n YamlNode, ScenarioError> {
        self.get(key).ok_or_else(|| ScenarioError::at(self.location, format!("{} has no {key}", self.what)))
    }

    /// Reads the value of a key, if there is one.
    pub(super) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'n YamlNode) -> Result<T, ScenarioError>,
    ) -> Result<Option<T>, ScenarioError> {
        self.get(key).map(read).transpose()
    }
}
