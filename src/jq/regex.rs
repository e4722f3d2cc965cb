//! Regular expressions in programs: the functions of jaq, with a cost that is charged first.
//!
//! The engine takes time in proportion to the text and to the size of the compiled expression. Each match makes a value.

use jaq_core::Cv;
use jaq_core::Error;
use jaq_core::ValR;
use jaq_json::Val;
use jaq_std::ValT;
use regex_bites::bytes::Captures;
use regex_bites::bytes::Match;
use regex_bites::bytes::Regex;
use regex_bites::bytes::RegexBuilder;

use crate::jq::budget::Budget;
use crate::jq::budget::Limited;

/// Maximum sizes of a compiled expression in bytes, each with the steps for 8 bytes of text. The first that suffices is used. A
/// larger expression is refused.
const SIZES: [(usize, u64); 4] = [(2 << 10, 2), (16 << 10, 16), (128 << 10, 128), (1 << 20, 1024)];
/// The steps for a group of a match.
const GROUP: u64 = 32;

/// The flags of an expression in jq.
#[derive(Clone, Copy, Default)]
struct Flags {
    global: bool,
    no_empty: bool,
    ignore_case: bool,
    multi_line: bool,
    dot_is_newline: bool,
    swap_greed: bool,
    extended: bool,
}

impl Flags {
    fn parse(text: &str) -> Result<Self, Error<Val>> {
        let mut flags = Self::default();
        for flag in text.chars() {
            match flag {
                'g' => flags.global = true,
                'n' => flags.no_empty = true,
                'i' => flags.ignore_case = true,
                'm' => flags.multi_line = true,
                's' => flags.dot_is_newline = true,
                'l' => flags.swap_greed = true,
                'x' => flags.extended = true,
                'p' => (flags.multi_line, flags.dot_is_newline) = (true, true),
                other => return Err(Error::str(format_args!("invalid regex flag: {other}"))),
            }
        }
        Ok(flags)
    }

    /// Returns the compiled expression, and the steps for 8 bytes of text.
    fn compile(self, budget: &Budget<'_>, text: &str) -> Result<(Regex, u64), Error<Val>> {
        let mut builder = RegexBuilder::new(text);
        builder.case_insensitive(self.ignore_case).multi_line(self.multi_line).dot_matches_new_line(self.dot_is_newline);
        builder.swap_greed(self.swap_greed).ignore_whitespace(self.extended);
        let mut refused = None;
        for (size, cost) in SIZES {
            budget.charge((text.len() as u64 / 16) + cost);
            match builder.size_limit(size).build() {
                Ok(regex) => {
                    let groups = regex.captures_len() as u64 / 8;
                    return Ok((regex, cost * (1 + groups)));
                }
                Err(error) => refused = Some(error),
            }
        }
        let reason = refused.map(|error| error.to_string()).unwrap_or_default();
        Err(Error::str(format_args!("invalid regex: {reason}")))
    }
}

/// Returns the matches of an expression in a text, the parts between them, or both.
pub(super) fn parts<'a>(cv: Cv<'a, Limited>, between: bool, found: bool) -> ValR<Val> {
    let (mut ctx, text) = cv;
    let (flags, regex) = (ctx.pop_var(), ctx.pop_var());
    let budget = ctx.data();
    let flags = Flags::parse(as_str(&flags)?)?;
    let (regex, cost) = flags.compile(budget, as_str(&regex)?)?;
    let bytes = text.as_utf8_bytes().ok_or_else(|| Error::typ(text.clone(), "string"))?;
    budget.charge(bytes.len() as u64 / 8 * cost);
    let (mut parts, mut end) = (Vec::new(), 0);
    let mut chars = Chars { bytes, at: 0, count: 0 };
    for captures in regex.captures_iter(bytes) {
        // The first group is the whole match.
        let Some(whole) = captures.get(0).filter(|whole| !(flags.no_empty && whole.is_empty())) else { continue };
        if between {
            parts.push(text.as_sub_str(&bytes[end..whole.start()]));
            end = whole.end();
        }
        if found {
            budget.charge(GROUP * captures.len() as u64);
            parts.push(matched(&text, &regex, &captures, chars.until(whole.start()), whole.start())?);
        }
        budget.charge(1);
        budget.weigh_items(parts.len());
        if !flags.global {
            break;
        }
    }
    if between {
        parts.push(text.as_sub_str(&bytes[end..]));
    }
    Ok(parts.into_iter().collect())
}

fn as_str(value: &Val) -> Result<&str, Error<Val>> {
    let bytes = value.as_utf8_bytes().ok_or_else(|| Error::typ(value.clone(), "string"))?;
    std::str::from_utf8(bytes).map_err(Error::str)
}

/// Returns the groups of a match. It begins at the byte `start`, and `offset` is the number of characters before it.
fn matched(text: &Val, regex: &Regex, captures: &Captures<'_>, offset: usize, start: usize) -> ValR<Val> {
    let bytes = text.as_utf8_bytes().unwrap_or_default();
    let group = |(group, name): (Option<Match<'_>>, Option<&str>)| {
        let group = group?;
        // Groups of a repetition may be out of order.
        let inside = bytes.get(start..group.start()).map_or(0, char_count);
        let number = |number: usize| Val::from(number);
        let mut fields = vec![
            ("offset", number(offset + inside)),
            ("length", number(char_count(group.as_bytes()))),
            ("string", text.as_sub_str(group.as_bytes())),
        ];
        fields.extend(name.map(|name| ("name", Val::utf8_str(name.to_owned()))));
        Some(Val::obj(fields.into_iter().map(|(name, value)| (Val::utf8_str(name), value)).collect()))
    };
    Ok(captures.iter().zip(regex.capture_names()).filter_map(group).collect())
}

/// A counter of characters that moves forward through a text.
struct Chars<'t> {
    bytes: &'t [u8],
    at: usize,
    count: usize,
}

impl Chars<'_> {
    /// Returns the number of characters before a byte. The byte must not be before that of the last call.
    fn until(&mut self, byte: usize) -> usize {
        self.count += self.bytes.get(self.at..byte).map_or(0, char_count);
        self.at = byte;
        self.count
    }
}

/// Returns the number of characters. Invalid UTF-8 counts as it is displayed.
fn char_count(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty())).sum()
}
