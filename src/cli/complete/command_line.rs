//! The words of a command line as a shell splits it, without their quotes, and the start of the word that is being typed.

use std::env;
use std::ffi::OsStr;
use std::ffi::OsString;

/// The variable in which esctl's own script for bash passes the line up to the cursor.
pub(super) const BASH_LINE: &str = "_ESCTL_COMP_LINE";

/// Returns true for a shell that quotes names, by itself or by the script of esctl. Another one is offered plain names only.
pub(super) fn quotes_names(shell: &OsStr) -> bool {
    ["bash", "zsh", "fish"].into_iter().any(|name| is_shell(shell, name))
}

fn is_shell(shell: &OsStr, name: &str) -> bool {
    std::path::Path::new(shell).file_stem() == Some(OsStr::new(name))
}

/// Returns the words of the command line, without their quotes.
pub(super) fn words(shell: &OsStr, arguments: &[OsString]) -> Vec<String> {
    if is_shell(shell, "bash")
        && let Some(line) = env::var_os(BASH_LINE)
    {
        return split(&line.to_string_lossy()).into_iter().map(|word| word.text).collect();
    }
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1).map(|word| word.to_string_lossy());
    // fish has removed the quotes itself.
    if is_shell(shell, "fish") { words.map(String::from).collect() } else { words.map(|word| unquoted(&word)).collect() }
}

/// Returns these options with their values, where they were typed.
pub(super) fn typed_options(words: &[String], options: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if options.contains(&name)
            && let Some(value) = value.or_else(|| words.next())
        {
            // The last one counts. The parser would refuse two.
            found.retain(|typed: &String| !typed.starts_with(&format!("{name}=")));
            found.push(format!("{name}={value}"));
        }
    }
    found
}

/// A word of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedWord {
    /// The text without quotes.
    pub(super) text: String,
    /// The quote that is still open at its end.
    pub(super) open: Option<char>,
    /// The start of the part that bash replaces, in `text`.
    pub(super) from: usize,
}

/// The characters at which bash begins a new word to complete, among those that can be in a word here.
const BREAKS: &str = "=:@><|&;(";

/// Returns the words of a line for bash. The last one is being typed, and may be empty.
pub(super) fn split(line: &str) -> Vec<TypedWord> {
    let mut words = Vec::new();
    let mut word = TypedWord::default();
    let mut begun = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        begun = begun || !c.is_ascii_whitespace();
        match (word.open, c) {
            (Some(quote), c) if c == quote => word.open = None,
            (Some('"'), '\\') => match chars.next_if(|next| "\\\"$`".contains(*next)) {
                Some(escaped) => word.text.push(escaped),
                None => word.text.push('\\'),
            },
            (None, '\\') => word.text.extend(chars.next()),
            (None, '\'' | '"') => (word.open, word.from) = (Some(c), word.text.len()),
            (None, c) if c.is_ascii_whitespace() => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            (open, c) => {
                word.text.push(c);
                if open.is_none() && BREAKS.contains(c) {
                    word.from = word.text.len();
                }
            }
        }
    }
    words.push(word);
    words
}

/// Returns a word without its quotes.
pub(super) fn unquoted(word: &str) -> String {
    let parts: Vec<String> = split(word).into_iter().map(|word| word.text).collect();
    // Spaces in it were in quotes that this parser does not know.
    if parts.len() == 1 { parts.concat() } else { word.to_owned() }
}
