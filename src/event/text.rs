//! Characters that must not reach a terminal or a name unchanged, and their visible form.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_normalization::IsNormalized;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::is_nfc_quick;

/// Returns true for a character that can change the output of a terminal instead of being shown: C0, DEL and C1 controls,
/// bidirectional controls, zero-width characters and line separators.
///
/// The bidirectional controls are those of Unicode Standard Annex #9. The invisible ones are the `Default_Ignorable` format
/// characters that have been used for spoofing.
pub fn is_unsafe(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Returns true for a text without a visible character: it is empty, or made of blanks, controls and invisible characters.
pub fn is_blank(text: &str) -> bool {
    // A braille pattern without dots, the combining grapheme joiner, and variation selectors show nothing by themselves.
    let invisible = |c| matches!(c, '\u{34f}' | '\u{2800}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    text.chars().all(|c| c.is_whitespace() || is_unsafe(c) || invisible(c))
}

/// Replaces every unsafe character by a visible escape like `\u001b`.
///
/// Borrowed, without an allocation, where there is nothing to replace. The escapes are those of JSON (a surrogate pair
/// beyond U+FFFF), so the value of a JSON string stays the same.
pub fn escape_unsafe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing into a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Returns the text in normal form C, in which texts are compared. Equal-looking texts are then equal.
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Returns true where two texts are equal in normal form C: they look the same.
pub fn same_text(a: &str, b: &str) -> bool {
    a == b || nfc(a) == nfc(b)
}

#[cfg(test)]
mod tests {
    use super::escape_unsafe;
    use super::is_blank;
    use super::nfc;

    #[test]
    fn composed_and_decomposed_text_compare_equal() {
        assert_eq!(nfc("Jose\u{301}"), nfc("Jos\u{e9}"));
        assert!(matches!(nfc("plain"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn text_without_a_visible_character_is_blank() {
        for blank in ["", " ", "\t\n", "\u{a0}", "\u{200b}", "\u{2800}\u{3164}", "\u{feff} \u{fe0f}", "\u{1b}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for text in ["a", " a ", ".", "\u{200b}é", "金"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn safe_text_is_borrowed() {
        assert!(matches!(escape_unsafe("Größe 金 ok"), std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn controls_become_visible() {
        assert_eq!(escape_unsafe("a\u{1b}[2J\u{9b}\u{202e}\u{e0041}\r"), "a\\u001b[2J\\u009b\\u202e\\udb40\\udc41\\u000d");
    }
}
