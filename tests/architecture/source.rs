//! One source file, as the rules look at it: comments, texts and tests can be blanked out, and every
//! offset still means the same line.

use std::fmt;
use std::ops::Range;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub path: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, path, line, what } = self;
        write!(f, "{path}:{line}: {rule}: {what}")
    }
}

/// One file.
pub struct Source {
    pub path: String,
    pub text: String,
    /// Without comments and texts.
    pub code: String,
    /// Without tests as well: nothing at all in a file that is only there for tests.
    pub live: String,
    pub comments: Vec<Range<usize>>,
    /// The string literals, without their quotes; raw ones with them.
    pub texts: Vec<Range<usize>>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let (code, comments, texts) = without_comments_and_texts(text);
        let live = without_tests(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, live, comments, texts }
    }

    pub fn finding(&self, rule: &'static str, offset: usize, what: impl Into<String>) -> Finding {
        let line = self.text[..offset].matches('\n').count() + 1;
        Finding { rule, path: self.path.clone(), line, what: what.into() }
    }
}

/// Where a word stands in code, not as a part of a longer one.
pub fn places<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let (opens, closes) = (word.starts_with(is_name), word.ends_with(is_name));
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let joined_before = opens && code[..at].ends_with(is_name);
        let joined_after = closes && code[at + word.len()..].starts_with(is_name);
        !joined_before && !joined_after
    })
}

/// The name that begins here.
pub fn name_at(code: &str) -> &str {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
    &code[..end]
}

fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in &mut bytes[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn without_comments_and_texts(text: &str) -> (String, Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut bytes = text.as_bytes().to_vec();
    let (mut comments, mut texts) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let after_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let (skip, blanked) = if rest.starts_with(b"//") {
            (line_end(rest), true)
        } else if rest.starts_with(b"/*") {
            (comment_end(rest), true)
        } else if rest[0] == b'"' {
            (text_end(rest), true)
        } else if let Some(end) = raw_text_end(rest).filter(|_| !after_name) {
            (end, true)
        } else if rest[0] == b'\'' {
            char_end(&text[at..]).map_or((1, false), |end| (end, true))
        } else {
            (1, false)
        };
        if blanked {
            blank(&mut bytes, at..at + skip);
        }
        match rest[0] {
            b'"' => texts.push(at + 1..at + skip - 1),
            b'/' if blanked => comments.push(at..at + skip),
            b'r' | b'b' if blanked => texts.push(at..at + skip),
            _ => {}
        }
        at += skip;
    }
    (String::from_utf8(bytes).unwrap(), comments, texts)
}

fn line_end(rest: &[u8]) -> usize {
    rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
}

fn comment_end(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..rest.len().min(at + 2)] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn text_end(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#` and with a `b` before.
fn raw_text_end(rest: &[u8]) -> Option<usize> {
    let start = if rest.starts_with(b"br") { 2 } else { 1 };
    if rest[0] != b'r' && start == 1 {
        return None;
    }
    let hashes = rest[start..].iter().take_while(|&&byte| byte == b'#').count();
    if rest.get(start + hashes) != Some(&b'"') {
        return None;
    }
    let end: Vec<u8> = [&b"\""[..], &b"#".repeat(hashes)].concat();
    let body = start + hashes + 1;
    let found = rest[body..].windows(end.len()).position(|window| window == end);
    Some(found.map_or(rest.len(), |found| body + found + end.len()))
}

/// A character in quotes; none where it is a lifetime.
fn char_end(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        return rest[3..].find('\'').map(|end| 3 + end + 1);
    }
    chars.next().filter(|(_, second)| *second == '\'').map(|(end, _)| end + 1)
}

fn without_tests(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    for (start, _) in code.match_indices("#[cfg(test)]") {
        let body = code[start..].find(['{', ';']).map_or(code.len(), |at| start + at);
        let end = if code[body..].starts_with('{') { block_end(code, body) } else { body };
        blank(&mut bytes, start..end);
    }
    String::from_utf8(bytes).unwrap()
}

fn block_end(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}
