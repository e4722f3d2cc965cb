//! The documents use plain words: none of a short list that the style guide forbids.

use crate::docs::all_documents;
use crate::docs::read;

/// Words that the style guide forbids in every text.
const FORBIDDEN: [&str; 11] =
    ["somebody", "nobody", "whoever", "anybody", "anew", "taken in", "takes in", "so many", "is told", "are told", "is away"];

/// The documents that name the words in order to forbid them.
const EXCEPT: [&str; 2] = ["docs/glossary.md", "docs/style_guide.md"];

/// Returns the forbidden words of a document with their lines, outside its blocks and code.
fn forbidden(document: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        }
        if inside {
            continue;
        }
        let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let text = format!(" {} ", words.join(" "));
        found.extend(FORBIDDEN.iter().filter(|word| text.contains(&format!(" {word} "))).map(|word| (index + 1, *word)));
    }
    found
}

#[test]
fn documents_use_plain_words() {
    let mut faults = Vec::new();
    for path in all_documents().iter().filter(|path| !EXCEPT.contains(&path.as_str())) {
        faults.extend(forbidden(&read(path)).into_iter().map(|(line, word)| format!("{path}:{line}: {word:?}")));
    }
    assert!(faults.is_empty(), "see docs/style_guide.md\n{}", faults.join("\n"));
}

#[test]
fn a_forbidden_word_is_found() {
    assert_eq!(forbidden("It is so\nfar. Nobody knows.\n```\nnobody\n```\n`somebody`"), [(2, "nobody")]);
    assert_eq!(forbidden("an event that is told, anew"), [(1, "anew"), (1, "is told")]);
}
