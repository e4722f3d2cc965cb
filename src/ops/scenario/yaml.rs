//! YAML, and so JSON, as a tree with locations. It is the reader of scenario files, within limits.
//!
//! Plain words are read as in JSON: null, true, false and numbers. Any other word is text, unless other readers disagree.

use std::collections::HashMap;

use saphyr_parser::Event;
use saphyr_parser::Marker;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::ScanError;
use saphyr_parser::StrInput;
use serde_json::Value;

use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::ScenarioError;
use crate::ops::scenario::node::SourceLocation;
use crate::ops::scenario::node::YamlEntry;
use crate::ops::scenario::node::YamlNode;
use crate::ops::scenario::plain_scalar;

/// Maximum depth of lists and maps. It equals that of the data of an event.
const MAX_DEPTH: usize = 64;
/// Maximum number of values in a file, including those that aliases repeat.
const MAX_NODES: usize = 200_000;
/// The keys that have a moment as their value.
const MOMENTS: [&str; 2] = ["at", "clock"];

/// Reads the documents of a file. Empty ones are left out.
pub(super) fn documents(text: &str) -> Result<Vec<YamlNode>, ScenarioError> {
    let last = text.lines().count().max(1);
    read(text).map_err(|mut error| {
        // The parser reports a missing token on a line after the end, which no editor shows.
        if error.location.line > last {
            let column = text.lines().last().map_or(0, |line| line.chars().count()) + 1;
            error.location = SourceLocation { line: last, column };
        }
        error
    })
}

fn read(text: &str) -> Result<Vec<YamlNode>, ScenarioError> {
    let joined;
    let mut text = text;
    if text.trim_start().starts_with(['{', '[']) {
        joined = join_surrogates(text);
        text = &joined;
    }
    let mut tree = Tree { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, time: false };
    let mut documents = Vec::new();
    while let Some((event, location)) = tree.next()? {
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => {
                let node = tree.node(event, location, 0)?;
                if !node.is_null() {
                    documents.push(node);
                }
                tree.anchors.clear();
            }
        }
    }
    Ok(documents)
}

struct Tree<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, (YamlNode, usize)>,
    nodes: usize,
    /// True if the next value is that of a key in [`MOMENTS`].
    time: bool,
}

fn location(mark: Marker) -> SourceLocation {
    SourceLocation { line: mark.line(), column: mark.col() + 1 }
}

impl<'t> Tree<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, SourceLocation)>, ScenarioError> {
        let broken = |error: ScanError| ScenarioError::at(location(*error.marker()), error.info());
        let next = self.parser.next_event().transpose().map_err(broken)?;
        Ok(next.map(|(event, span)| (event, location(span.start))))
    }

    fn node(&mut self, event: Event<'t>, location: SourceLocation, depth: usize) -> Result<YamlNode, ScenarioError> {
        let before = self.nodes;
        let time = std::mem::take(&mut self.time);
        self.count(1, location)?;
        if depth > MAX_DEPTH {
            return Err(ScenarioError::at(location, format!("nested deeper than {MAX_DEPTH}")));
        }
        let tagged =
            matches!(event, Event::Scalar(.., Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)));
        if tagged {
            return Err(ScenarioError::at(location, "tags (!…) are not supported"));
        }
        let (anchor, kind) = match event {
            Event::Alias(anchor) => {
                let Some((node, nodes)) = self.anchors.get(&anchor).cloned() else {
                    return Err(ScenarioError::at(location, "an alias repeats a value that contains it"));
                };
                self.count(nodes, location)?;
                return Ok(YamlNode { location, ..node });
            }
            Event::Scalar(text, style, anchor, _) => (anchor, Kind::Scalar(scalar(&text, style, time, location)?)),
            Event::SequenceStart(anchor, _) => (anchor, Kind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Kind::Map(self.map(depth)?)),
            _ => return Err(ScenarioError::at(location, "a value is missing")),
        };
        let node = YamlNode { location, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<YamlNode>, ScenarioError> {
        let mut items = Vec::new();
        while let Some((event, location)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, location, depth + 1)?);
        }
        Ok(items)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<YamlEntry>, ScenarioError> {
        let mut entries: Vec<YamlEntry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        while let Some((event, location)) = self.next()? {
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, style, _, None) => {
                    if style == ScalarStyle::Plain {
                        plain_scalar::check_key(&key)
                            .map_err(|reason| ScenarioError::at(location, format!("as a key, {reason}")))?;
                    }
                    key.into_owned()
                }
                _ => return Err(ScenarioError::at(location, "a key must be a text")),
            };
            if let Some(line) = lines.insert(key.clone(), location.line) {
                return Err(ScenarioError::at(location, format!("key \"{key}\" appears twice, first in line {line}")));
            }
            let Some((event, at)) = self.next()? else { break };
            self.time = MOMENTS.contains(&key.as_str());
            let value = self.node(event, at, depth + 1)?;
            entries.push(YamlEntry { key, location, value });
        }
        Ok(entries)
    }

    fn count(&mut self, more: usize, location: SourceLocation) -> Result<(), ScenarioError> {
        self.nodes += more;
        if self.nodes > MAX_NODES {
            Err(ScenarioError::at(location, format!("more than {MAX_NODES} values in one file")))
        } else {
            Ok(())
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, time: bool, location: SourceLocation) -> Result<Value, ScenarioError> {
    if style != ScalarStyle::Plain {
        return Ok(text.into());
    }
    plain_scalar::value(text, time).map_err(|reason| ScenarioError::at(location, reason))
}

/// Replaces pairs of surrogate escapes, which YAML does not know, with the character that they encode.
fn join_surrogates(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        joined.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |from: usize| rest.get(from..from + 6)?.strip_prefix("\\u").and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let pair = unit(0).zip(unit(6)).and_then(|(high, low)| char::decode_utf16([high, low]).next()?.ok());
        // Only pairs are joined. The character after a backslash is skipped, as it may be a backslash.
        let taken = match pair.filter(|c| c.len_utf16() == 2) {
            Some(c) => {
                joined.push(c);
                12
            }
            None => {
                let taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                joined.push_str(&rest[..taken]);
                taken
            }
        };
        rest = &rest[taken..];
    }
    joined + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::documents;
    use crate::ops::scenario::node::Kind;

    #[test]
    fn plain_words_are_what_they_are_in_json_and_everything_knows_its_place() {
        let text = "a: 5m\nb: [1, -2.5, true, null, '7', \"x\\n\"]\nc:\n  d: ~\n---\n---\n- e\n";
        let read = documents(text).unwrap();
        assert_eq!(read[0].json(), json!({"a": "5m", "b": [1, -2.5, true, null, "7", "x\n"], "c": {"d": null}}));
        assert_eq!((read.len(), read[1].json()), (2, json!(["e"])));
        let Kind::Map(entries) = &read[0].kind else { panic!("a map") };
        assert_eq!((entries[1].location.line, entries[1].location.column), (2, 1));
        assert_eq!((entries[1].value.location.line, entries[1].value.location.column), (2, 4));
    }

    #[test]
    fn json_is_read_as_json() {
        let text = "{\t\"a\\/b\": \"\\ud83d\\ude00 \\u00e9 \\\\ud83d\",\n\t\"n\": 1e3, \"url\":\"http://x\",\"o\":{}}";
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(documents(text).unwrap()[0].json(), value);
    }

    #[test]
    fn what_cannot_be_is_refused_at_its_place() {
        let cases = [
            ("a: 1\na: 2", 2, "twice"),
            ("a: [1,\n b: 2", 2, ""),
            ("a:\n  b: 1\n c: 2", 3, ""),
            ("a: 99999999999999999999", 1, "out of range"),
            ("a: [1.10,\n 12345678901234567.89]", 2, "write it as a string"),
            ("a: 1e400", 1, "out of range"),
            ("a: !!str 5", 1, "tag"),
            ("a: *b", 1, ""),
            ("a: &a [*a]", 1, "repeats"),
            ("? [x]\n: 1", 1, "key"),
            ("a: \"\\ud83d\"", 1, ""),
        ];
        for (text, line, part) in cases {
            let error = documents(text).unwrap_err();
            assert_eq!(error.location.line, line, "{text}: {error:?}");
            assert!(error.message.contains(part), "{text}: {error:?}");
        }
    }

    #[test]
    fn aliases_repeat_but_do_not_explode() {
        assert_eq!(documents("a: &x {n: 1}\nb: *x").unwrap()[0].json(), json!({"a": {"n": 1}, "b": {"n": 1}}));
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let before = level - 1;
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(",")));
        }
        assert!(documents(&bomb).unwrap_err().message.contains("values"));
        let deep = "[".repeat(100);
        assert!(documents(&deep).unwrap_err().message.contains("deeper"));
        assert!(documents(&"[".repeat(100_000)).is_err());
        assert!(documents(&"- ".repeat(100_000)).is_err());
    }
}
