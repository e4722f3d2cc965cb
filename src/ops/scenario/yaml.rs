//! YAML (and so JSON) as a tree that knows its places: the reader of esctl's own files, within limits.
//!
//! Plain words are what they are in JSON: null, true, false, numbers; anything else is text, unless other readers disagree.

use std::collections::HashMap;

use saphyr_parser::Event;
use saphyr_parser::Marker;
use saphyr_parser::Parser;
use saphyr_parser::ScalarStyle;
use saphyr_parser::ScanError;
use saphyr_parser::StrInput;
use serde_json::Value;

use crate::ops::scenario::node::Entry;
use crate::ops::scenario::node::Kind;
use crate::ops::scenario::node::Node;
use crate::ops::scenario::node::Place;
use crate::ops::scenario::node::Problem;
use crate::ops::scenario::plain;

/// How deep lists and maps may be nested: as deep as the data of an event.
const MAX_DEPTH: usize = 64;
/// How many values a file may hold, those that aliases repeat counted each time.
const MAX_NODES: usize = 200_000;
/// The keys whose value is a moment.
const MOMENTS: [&str; 2] = ["at", "clock"];

/// The documents of a file, empty ones left out.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Problem> {
    let last = text.lines().count().max(1);
    read(text).map_err(|mut problem| {
        // The parser puts what is missing at the end on a line behind it, which no editor shows.
        if problem.place.line > last {
            let column = text.lines().last().map_or(0, |line| line.chars().count()) + 1;
            problem.place = Place { line: last, column };
        }
        problem
    })
}

fn read(text: &str) -> Result<Vec<Node>, Problem> {
    let joined;
    let mut text = text;
    if text.trim_start().starts_with(['{', '[']) {
        joined = join_surrogates(text);
        text = &joined;
    }
    let mut tree = Tree { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, time: false };
    let mut documents = Vec::new();
    while let Some((event, place)) = tree.next()? {
        match event {
            Event::StreamEnd => break,
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => {
                let node = tree.node(event, place, 0)?;
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
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    /// The next value is that of a key in [`MOMENTS`].
    time: bool,
}

fn place(mark: Marker) -> Place {
    Place { line: mark.line(), column: mark.col() + 1 }
}

impl<'t> Tree<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Place)>, Problem> {
        let broken = |error: ScanError| Problem::at(place(*error.marker()), error.info());
        let next = self.parser.next_event().transpose().map_err(broken)?;
        Ok(next.map(|(event, span)| (event, place(span.start))))
    }

    fn node(&mut self, event: Event<'t>, place: Place, depth: usize) -> Result<Node, Problem> {
        let before = self.nodes;
        let time = std::mem::take(&mut self.time);
        self.count(1, place)?;
        if depth > MAX_DEPTH {
            return Err(Problem::at(place, format!("nested deeper than {MAX_DEPTH}")));
        }
        let tagged =
            matches!(event, Event::Scalar(.., Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)));
        if tagged {
            return Err(Problem::at(place, "a tag (!…) means nothing here"));
        }
        let (anchor, kind) = match event {
            Event::Alias(anchor) => {
                let Some((node, nodes)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Problem::at(place, "an alias that repeats what it is in"));
                };
                self.count(nodes, place)?;
                return Ok(Node { place, ..node });
            }
            Event::Scalar(text, style, anchor, _) => (anchor, Kind::Scalar(scalar(&text, style, time, place)?)),
            Event::SequenceStart(anchor, _) => (anchor, Kind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Kind::Map(self.map(depth)?)),
            _ => return Err(Problem::at(place, "a value is missing")),
        };
        let node = Node { place, kind };
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        while let Some((event, place)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, place, depth + 1)?);
        }
        Ok(items)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        while let Some((event, place)) = self.next()? {
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, style, _, None) => {
                    if style == ScalarStyle::Plain {
                        plain::check_key(&key).map_err(|reason| Problem::at(place, format!("as a key, {reason}")))?;
                    }
                    key.into_owned()
                }
                _ => return Err(Problem::at(place, "a key is no text")),
            };
            if let Some(line) = lines.insert(key.clone(), place.line) {
                return Err(Problem::at(place, format!("key \"{key}\" is there twice, first in line {line}")));
            }
            let Some((event, at)) = self.next()? else { break };
            self.time = MOMENTS.contains(&key.as_str());
            let value = self.node(event, at, depth + 1)?;
            entries.push(Entry { key, place, value });
        }
        Ok(entries)
    }

    fn count(&mut self, more: usize, place: Place) -> Result<(), Problem> {
        self.nodes += more;
        if self.nodes > MAX_NODES { Err(Problem::at(place, format!("more than {MAX_NODES} values in one file"))) } else { Ok(()) }
    }
}

fn scalar(text: &str, style: ScalarStyle, time: bool, place: Place) -> Result<Value, Problem> {
    if style != ScalarStyle::Plain {
        return Ok(text.into());
    }
    plain::value(text, time).map_err(|reason| Problem::at(place, reason))
}

/// JSON writes a character beyond U+FFFF as two escapes, which YAML does not know: the character itself in their place.
fn join_surrogates(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        joined.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |from: usize| rest.get(from..from + 6)?.strip_prefix("\\u").and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let pair = unit(0).zip(unit(6)).and_then(|(high, low)| char::decode_utf16([high, low]).next()?.ok());
        // Only what takes two is joined; and the character after a backslash is not one of its own.
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
        assert_eq!((entries[1].place.line, entries[1].place.column), (2, 1));
        assert_eq!((entries[1].value.place.line, entries[1].value.place.column), (2, 4));
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
            let problem = documents(text).unwrap_err();
            assert_eq!(problem.place.line, line, "{text}: {problem:?}");
            assert!(problem.message.contains(part), "{text}: {problem:?}");
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
