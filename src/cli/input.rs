//! Text from outside: an argument, a file or stdin, read within a limit.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::io::Read;

use crate::cli::error::CliError;
use crate::event::escape_unsafe;

/// The source of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource<'a> {
    /// Standard input, written `-`.
    Stdin,
    /// A file, by its path.
    File(&'a str),
    /// The argument itself.
    Literal(&'a str),
}

impl<'a> InputSource<'a> {
    /// Returns the source that an argument with data names: `-` for stdin, `@FILE`, or the data themselves.
    pub fn of_data(argument: &'a str) -> Self {
        match argument.strip_prefix('@') {
            Some("-") => Self::Stdin,
            Some(path) => Self::File(path),
            None if argument == "-" => Self::Stdin,
            None => Self::Literal(argument),
        }
    }

    /// Returns the source that an argument with a file name names: `-` for stdin, or a path.
    pub fn of_file(argument: &'a str) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(argument) }
    }

    /// Returns the name for messages, safe for a terminal.
    pub fn name(&self) -> Cow<'a, str> {
        match self {
            Self::Stdin => Cow::Borrowed("stdin"),
            Self::File(path) => escape_unsafe(path),
            Self::Literal(_) => Cow::Borrowed("the argument"),
        }
    }

    /// Opens the source for reading.
    ///
    /// # Errors
    /// The path does not exist (3), may not be read (7), or cannot be read for another reason (6).
    pub fn open(&self) -> Result<Box<dyn Read + 'a>, CliError> {
        match self {
            Self::Stdin => Ok(Box::new(io::stdin())),
            Self::File(path) => Ok(Box::new(File::open(path).map_err(|error| unreadable(&self.name(), &error))?)),
            Self::Literal(text) => Ok(Box::new(text.as_bytes())),
        }
    }

    /// Reads all of it as text, without a byte order mark.
    ///
    /// # Errors
    /// As [`InputSource::open`]. The text is longer than `limit` bytes, is UTF-16 or is not UTF-8 (2).
    pub fn read_text(&self, limit: usize) -> Result<String, CliError> {
        read_text(self.open()?, &self.name(), limit)
    }
}

/// Reads a text of at most `limit` bytes. Never reads more than one byte beyond that.
///
/// # Errors
/// The text is longer than `limit` bytes, is UTF-16 or is not UTF-8 (2). The reader fails (6 or 7).
pub fn read_text(reader: impl Read, name: &str, limit: usize) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let ceiling = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(ceiling).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() > limit {
        return Err(CliError::usage(format!("{name} holds more than {limit} bytes"))
            .code("input_too_large")
            .with("limit", limit));
    }
    let start = after_bom(&bytes, name)?;
    match std::str::from_utf8(&bytes[start..]) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(not_utf8(name, start + error.valid_up_to())),
    }
}

/// Returns the length of the byte order mark at the start of a text.
pub(crate) fn after_bom(bytes: &[u8], name: &str) -> Result<usize, CliError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let error = CliError::usage(format!("{name} is UTF-16, expected UTF-8")).code("not_utf8");
        return Err(error.hint("convert it to UTF-8 first: iconv -f UTF-16 -t UTF-8"));
    }
    Ok(if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 })
}

pub(crate) fn not_utf8(name: &str, offset: usize) -> CliError {
    CliError::usage(format!("{name} is not UTF-8: byte {offset} (counted from 0) is not part of a character"))
        .code("not_utf8")
        .with("offset", offset)
}

pub(crate) fn unreadable(name: &str, error: &io::Error) -> CliError {
    let message = format!("cannot read {name}");
    match error.kind() {
        io::ErrorKind::NotFound => CliError::not_found(format!("no file {name}")).code("file_not_found"),
        io::ErrorKind::PermissionDenied => CliError::not_allowed(message).code("file_not_readable"),
        io::ErrorKind::IsADirectory => {
            CliError::usage(format!("{message}: it is a directory")).code("is_a_directory").hint("name a file")
        }
        io::ErrorKind::InvalidInput => CliError::usage(message).code("bad_path"),
        _ => CliError::unavailable(message).code("file_not_readable"),
    }
    .with("path", name)
    .caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Read;

    use super::InputSource;
    use super::read_text;

    #[test]
    fn arguments_say_where_the_data_are() {
        assert_eq!(InputSource::of_data("-"), InputSource::Stdin);
        assert_eq!(InputSource::of_data("@-"), InputSource::Stdin);
        assert_eq!(InputSource::of_data("@a.json"), InputSource::File("a.json"));
        assert_eq!(InputSource::of_data("{}"), InputSource::Literal("{}"));
        assert_eq!(InputSource::of_file("@a"), InputSource::File("@a"));
    }

    #[test]
    fn text_is_read_and_its_mark_taken_off() {
        assert_eq!(read_text(&b"\xef\xbb\xbf{}"[..], "x", 10).unwrap(), "{}");
        assert_eq!(InputSource::Literal("{}").read_text(2).unwrap(), "{}");
    }

    #[test]
    fn other_encodings_are_refused() {
        for utf16 in [&b"\xff\xfe{\0"[..], &b"\xfe\xff\0{"[..]] {
            let error = read_text(utf16, "x", 10).unwrap_err();
            assert!(error.exit() == 2 && error.failure.message.contains("UTF-16"), "{error}");
        }
        let error = read_text(&b"\xef\xbb\xbfab\xc3("[..], "x", 10).unwrap_err();
        assert!(error.exit() == 2 && error.failure.message.contains("byte 5"), "{error}");
    }

    #[test]
    fn no_more_than_one_byte_beyond_the_limit_is_taken() {
        let mut endless = io::repeat(b'a');
        assert_eq!(read_text(&mut endless, "x", 1000).unwrap_err().failure.code, "input_too_large");
        let mut counted = io::Cursor::new(vec![b'a'; 100]);
        assert!(read_text(&mut counted, "x", 10).is_err());
        assert_eq!(counted.position(), 11);
        assert_eq!(read_text(counted.take(10), "x", 10).unwrap().len(), 10);
    }

    #[test]
    fn a_missing_file_is_named_and_a_directory_refused() {
        let error = InputSource::File("/no/such\u{1b}file").read_text(10).unwrap_err();
        assert!(error.exit() == 3 && error.failure.message.contains("/no/such\\u001bfile"), "{error}");
        assert_eq!(InputSource::File("/").read_text(10).unwrap_err().exit(), 2);
        assert_eq!(InputSource::File("a\0b").read_text(10).unwrap_err().exit(), 2);
    }
}
