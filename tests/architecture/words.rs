//! Plain words in what a person reads: comments, help, and the texts of errors (docs/style_guide.md).

use std::ops::Range;

use crate::source::Finding;
use crate::source::Source;
use crate::source::places;

const RULE: &str = "words";

/// A doc comment opens with a verb or a noun, not with one of these.
const OPENINGS: [&str; 10] = ["What", "Who", "Whom", "Whose", "Whether", "How", "Where", "Which", "Why", "When"];

/// Words that the style guide replaces: an actor without a name, a metaphor, or a word with a plainer one beside it.
const WORDS: [&str; 14] = [
    "somebody",
    "nobody",
    "whoever",
    "anew",
    "taken in",
    "takes in",
    "taking in",
    "so many",
    "away",
    "told",
    "stands",
    "wish",
    "bell",
    "seat",
];

/// The longest error message, in characters of its literal: what is longer is a message and a hint.
const MAX_ERROR: usize = 120;

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = openings(source);
    findings.extend(source.comments.iter().chain(&source.texts).flat_map(|part| words(source, part.clone())));
    findings.extend(errors(source));
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// Checks the comments of a test. Its other texts are free.
pub fn check_comments(source: &Source) -> Vec<Finding> {
    let in_comments = source.comments.iter().flat_map(|part| words(source, part.clone()));
    openings(source).into_iter().chain(in_comments).collect()
}

fn words(source: &Source, part: Range<usize>) -> Vec<Finding> {
    let text = source.text[part.clone()].to_lowercase();
    let found = WORDS.iter().filter(|word| places(&text, word).next().is_some());
    found.map(|word| source.finding(RULE, part.start, format!("\"{word}\": see docs/style_guide.md"))).collect()
}

/// The first line of each paragraph of a doc comment, and the help in an attribute.
fn openings(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut at, mut continues) = (0, false);
    for line in source.text.split_inclusive('\n') {
        let text = line.trim_start();
        let comment = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")).map(str::trim);
        if let Some(comment) = comment {
            if !continues && let Some(word) = opening(comment) {
                findings.push(source.finding(RULE, at, format!("a doc comment opens with \"{word}\"")));
            }
            continues = !comment.is_empty();
        } else {
            continues = false;
        }
        at += line.len();
    }
    for text in &source.texts {
        let before = source.code[..text.start].trim_end_matches([' ', '(', '=']);
        let is_help = ["help", "about", "long_help", "long_about"].iter().any(|name| before.ends_with(name));
        if is_help && let Some(word) = opening(&source.text[text.clone()]) {
            findings.push(source.finding(RULE, text.start, format!("help opens with \"{word}\"")));
        }
    }
    findings
}

fn opening(text: &str) -> Option<&'static str> {
    OPENINGS.into_iter().find(|word| text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}

/// The messages in `#[error("…")]`.
fn errors(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for text in source.texts.iter().filter(|text| source.code[..text.start - 1].trim_end().ends_with("#[error(")) {
        let message = &source.text[text.clone()];
        if message.chars().count() > MAX_ERROR {
            findings.push(source.finding(RULE, text.start, format!("an error of more than {MAX_ERROR} characters")));
        }
        if message.ends_with('.') {
            findings.push(source.finding(RULE, text.start, "an error that ends with a full stop"));
        }
        let first = message.split(' ').next().unwrap_or_default();
        if first.starts_with(char::is_uppercase) && first[1..].chars().all(char::is_lowercase) {
            findings.push(source.finding(RULE, text.start, format!("an error begins with \"{first}\": a lower-case fragment")));
        }
    }
    findings
}
