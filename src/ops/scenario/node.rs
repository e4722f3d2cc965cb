//! What a scenario file says, as a tree in which everything knows its line and column.

use serde_json::Map;
use serde_json::Value;

/// Where something stands in a file; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Why a scenario file cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong there.
    pub message: String,
    /// The word that is not known, where it is one.
    pub word: String,
    /// What may have been meant by it.
    pub candidates: Vec<String>,
}

impl Problem {
    /// Something is wrong at a place.
    pub(super) fn at(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), word: String::new(), candidates: Vec::new() }
    }

    /// A word is none of those that are known.
    pub(super) fn unknown(place: Place, what: &str, word: &str, candidates: &[&str]) -> Self {
        let candidates = candidates.iter().map(|name| (*name).to_owned()).collect();
        Self { word: word.to_owned(), candidates, ..Self::at(place, format!("unknown {what} \"{word}\"")) }
    }
}

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A text, a number, true, false or null.
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) value: Node,
}

impl Node {
    /// What it is, for messages.
    fn what(&self) -> String {
        match &self.kind {
            Kind::Scalar(Value::Null) => "nothing".into(),
            Kind::Scalar(Value::String(text)) => format!("the text \"{text}\""),
            Kind::Scalar(value) => value.to_string(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
        }
    }

    /// Something else was wanted here.
    pub(super) fn wanted(&self, wanted: &str) -> Problem {
        Problem::at(self.place, format!("wanted {wanted}, found {}", self.what()))
    }

    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Scalar(Value::Null)
    }

    /// The same as JSON.
    pub(super) fn json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => items.iter().map(Self::json).collect(),
            Kind::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect::<Map<_, _>>().into()
            }
        }
    }

    pub(super) fn object(&self) -> Result<Value, Problem> {
        if matches!(self.kind, Kind::Map(_)) { Ok(self.json()) } else { Err(self.wanted("a map")) }
    }

    pub(super) fn list(&self) -> Result<&[Self], Problem> {
        if let Kind::List(items) = &self.kind { Ok(items) } else { Err(self.wanted("a list")) }
    }

    pub(super) fn text(&self, wanted: &str) -> Result<&str, Problem> {
        if let Kind::Scalar(Value::String(text)) = &self.kind { Ok(text) } else { Err(self.wanted(wanted)) }
    }

    pub(super) fn truth(&self) -> Result<bool, Problem> {
        if let Kind::Scalar(Value::Bool(truth)) = self.kind { Ok(truth) } else { Err(self.wanted("true or false")) }
    }

    /// A whole number from 0 on.
    pub(super) fn count(&self) -> Result<u64, Problem> {
        let count = if let Kind::Scalar(value) = &self.kind { value.as_i64() } else { None };
        count.and_then(|count| u64::try_from(count).ok()).ok_or_else(|| self.wanted("a whole number from 0"))
    }

    /// A text that is read by a function; what that says is wrong, is wrong here.
    pub(super) fn parse<T, E: ToString>(&self, wanted: &str, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Problem> {
        read(self.text(wanted)?).map_err(|error| Problem::at(self.place, error.to_string()))
    }
}

/// The keys of a map, all of which are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'n> {
    pub(super) place: Place,
    what: &'static str,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// A map of these keys and no others.
    pub(super) fn of(node: &'n Node, what: &'static str, known: &[&str]) -> Result<Self, Problem> {
        let Kind::Map(entries) = &node.kind else { return Err(node.wanted(&format!("{what}: a map of {}", known.join(", ")))) };
        match entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            Some(entry) => {
                let problem = Problem::unknown(entry.place, "key", &entry.key, known);
                let message = format!("{} in {what}; there are {}", problem.message, known.join(", "));
                Err(Problem { message, ..problem })
            }
            None => Ok(Self { place: node.place, what, entries }),
        }
    }

    /// The keys that are there, and where.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&'n str, Place)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.place))
    }

    /// The value of a key, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str) -> Result<&'n Node, Problem> {
        self.get(key).ok_or_else(|| Problem::at(self.place, format!("{} has no {key}", self.what)))
    }

    /// The value of a key, read.
    pub(super) fn read<T>(&self, key: &str, read: impl FnOnce(&'n Node) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
        self.get(key).map(read).transpose()
    }
}
