//! Completion for bash, which splits words at colons and equals signs, replaces only what follows the last of them, and puts the
//! answer on the command line as it is. So the words are joined here, and names are quoted.

use std::env;
use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

use crate::cli::complete::command_line::BASH_LINE;
use crate::cli::complete::command_line::TypedWord;
use crate::cli::complete::command_line::split;
use crate::cli::complete::command_line::unquoted;

const SCRIPT: &str = r#"_clap_complete_NAME() {
    local reply word
    COMPREPLY=()
    reply=$(VAR="bash" LINE="${COMP_LINE:0:COMP_POINT}" _CLAP_COMPLETE_INDEX="$COMP_CWORD" \
        COMPLETER -- "${COMP_WORDS[@]}" 2>/dev/null) || return 0
    while IFS= read -r word; do
        [[ -n "$word" ]] && COMPREPLY+=("$word")
    done <<< "$reply"
    if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" =~ [-=/:]$ ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o bashdefault -o nosort -F _clap_complete_NAME BIN
else
    complete -o bashdefault -F _clap_complete_NAME BIN
fi
"#;

pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(&self, var: &str, name: &str, bin: &str, completer: &str, buf: &mut dyn Write) -> io::Result<()> {
        let completer = quoted(completer, None).unwrap_or_else(|| completer.to_owned());
        let script =
            SCRIPT.replace("NAME", name).replace("BIN", bin).replace("VAR", var).replace("LINE=", &format!("{BASH_LINE}="));
        buf.write_all(script.replace("COMPLETER", &completer).as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let words = match env::var_os(BASH_LINE) {
            Some(line) => split(&line.to_string_lossy()),
            None => up_to_cursor(&args),
        };
        let typed = words.last().cloned().unwrap_or_default();
        let index = words.len().saturating_sub(1);
        let words = words.into_iter().map(|word| word.text.into()).collect();
        for candidate in complete(cmd, words, index, current_dir)? {
            let value = candidate.get_value().to_string_lossy();
            if let Some(text) = replacement(&value, &typed) {
                writeln!(buf, "{text}")?;
            }
        }
        Ok(())
    }
}

/// Returns the words as a script of clap's own protocol hands them over.
fn up_to_cursor(args: &[OsString]) -> Vec<TypedWord> {
    let index = env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok()).unwrap_or(args.len());
    let plain = |word: &OsString| TypedWord { text: unquoted(&word.to_string_lossy()), ..TypedWord::default() };
    let mut words: Vec<TypedWord> = args.iter().take(index + 1).map(plain).collect();
    if words.len() == index {
        words.push(TypedWord::default());
    }
    words
}

/// Returns the text for bash in place of what it replaces; none if the text cannot be quoted safely.
pub(super) fn replacement(value: &str, typed: &TypedWord) -> Option<String> {
    let rest = value.strip_prefix(typed.text.get(..typed.from)?)?;
    quoted(rest, typed.open)
}

/// Returns the text quoted so that bash reads it as one word, inside an open quote or outside of any.
fn quoted(text: &str, open: Option<char>) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    match open {
        Some('\'') => (!text.contains('\'')).then(|| text.to_owned()),
        // Nothing escapes an exclamation mark in double quotes.
        Some(_) => (!text.contains('!')).then(|| escaped(text, |c| "\\\"$`".contains(c))),
        None => Some(escaped(text, |c| !(c.is_alphanumeric() || "-_.:/=@%+,".contains(c)))),
    }
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if special(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
