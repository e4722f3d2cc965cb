//! Quoting for a POSIX shell.

use std::ffi::OsStr;

use crate::event::is_unsafe;

/// Returns a word in the form in which a shell reads it back, without characters that a terminal would act on.
pub(super) fn word(word: &OsStr) -> String {
    let bytes = word.as_encoded_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(byte);
    match word.to_str() {
        Some(text) if !text.is_empty() && bytes.iter().all(is_plain) => text.to_owned(),
        Some(text) if !text.chars().any(is_unsafe) => format!("'{}'", text.replace('\'', r"'\''")),
        // A command substitution would remove the newline at the end.
        _ if bytes.ends_with(b"\n") => format!("$'{}'", in_octal(bytes)),
        _ => format!("\"$(printf '{}')\"", in_octal(bytes)),
    }
}

/// Returns bytes with octal escapes for everything that a shell, `printf` or a terminal could interpret.
fn in_octal(bytes: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:=@+,{}[]\" ".contains(&byte);
    bytes.iter().fold(String::new(), |text, byte| {
        if is_plain(*byte) { text + char::from(*byte).encode_utf8(&mut [0; 4]) } else { format!("{text}\\{byte:03o}") }
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use proptest::prelude::ProptestConfig;
    use proptest::prop_assert;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::word;
    use crate::event::is_unsafe;

    fn read_back(shell: &str, line: &str) -> Vec<u8> {
        let output = Command::new(shell).args(["-c", &format!("printf %s {line}")]).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        output.stdout
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        for (text, line) in
            [("esctl", "esctl"), ("--a=b", "--a=b"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("~", "'~'")]
        {
            assert_eq!(word(OsStr::new(text)), line);
        }
    }

    #[test]
    fn a_shell_reads_back_what_was_written() {
        for text in ["{\n \"a\": 1}", "a\u{1b}[2J", "-\t%s\\n", "\u{202e}é'$(x)`", "$HOME \"q\"", "*?[a]!", "tab\there\r"] {
            assert_eq!(read_back("sh", &word(OsStr::new(text))), text.as_bytes(), "{text:?}");
        }
        let no_utf8 = OsStr::from_bytes(b"a\xffb");
        assert_eq!(read_back("sh", &word(no_utf8)), b"a\xffb");
        assert_eq!(read_back("bash", &word(OsStr::new("ends\n\n"))), b"ends\n\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_word_is_read_back(text in "[^\0]{0,12}[^\0\n]") {
            let line = word(OsStr::new(&text));
            prop_assert!(!line.chars().any(is_unsafe), "{line:?}");
            prop_assert_eq!(read_back("sh", &line), text.as_bytes(), "{}", line);
        }
    }
}
