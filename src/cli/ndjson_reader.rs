//! A reader of NDJSON files, one line at a time in bounded memory.

use std::io::BufRead;
use std::io::BufReader;
use std::io::ErrorKind;
use std::io::Read;

use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::input::after_bom;
use crate::cli::input::not_utf8;
use crate::cli::input::unreadable;

/// The default limit for one line: 4 MiB.
pub const MAX_LINE_BYTES: usize = 4 << 20;

/// A reader of the lines that are not blank, with their numbers.
///
/// It accepts a byte order mark, CRLF, and a last line without newline. Blank lines are skipped.
pub struct LineReader<R> {
    reader: BufReader<R>,
    name: String,
    limit: usize,
    line: Vec<u8>,
    number: u64,
    offset: u64,
}

/// A line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputLine<'a> {
    /// The number in the file, from 1. Blank lines count.
    pub number: u64,
    /// The text without the newline.
    pub text: &'a str,
}

impl<'a> LineReader<Box<dyn Read + 'a>> {
    /// Opens a file, stdin or an argument.
    ///
    /// # Errors
    /// As [`InputSource::open`].
    pub fn open(source: &InputSource<'a>) -> Result<Self, CliError> {
        Ok(Self::new(source.open()?, &source.name()))
    }
}

impl<R: Read> LineReader<R> {
    /// Returns a reader of lines; `name` is the name in messages.
    pub fn new(reader: R, name: &str) -> Self {
        let reader = BufReader::with_capacity(64 << 10, reader);
        Self { reader, name: name.to_owned(), limit: MAX_LINE_BYTES, line: Vec::new(), number: 0, offset: 0 }
    }

    /// Sets another limit of bytes for one line.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Returns the number of bytes that were read so far, for a progress bar.
    pub fn bytes_read(&self) -> u64 {
        self.offset
    }

    /// Returns the next line that is not blank; none at the end.
    ///
    /// # Errors
    /// The line is too long, is UTF-16 or is not UTF-8 (2); the details have its number. The reader fails (6 or 7).
    pub fn next_line(&mut self) -> Result<Option<InputLine<'_>>, CliError> {
        loop {
            let start = self.offset;
            if !self.take_line()? {
                return Ok(None);
            }
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let skip = if self.number == 1 { after_bom(&self.line, &self.name)? } else { 0 };
            if self.line[skip..].iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return match std::str::from_utf8(&self.line[skip..]) {
                Ok(text) => Ok(Some(InputLine { number: self.number, text })),
                Err(error) => {
                    let within = skip + error.valid_up_to();
                    let offset = usize::try_from(start).unwrap_or(usize::MAX).saturating_add(within);
                    Err(not_utf8(&format!("{}:{}", self.name, self.number), offset).with("line", self.number))
                }
            };
        }
    }

    /// Reads the next line into `self.line`, without its newline. Returns false at the end.
    fn take_line(&mut self) -> Result<bool, CliError> {
        self.line.clear();
        let mut begun = false;
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&self.name, &error)),
            };
            if chunk.is_empty() {
                return if begun { self.end_line() } else { Ok(false) };
            }
            begun = true;
            let end = chunk.iter().position(|&b| b == b'\n');
            let taken = end.unwrap_or(chunk.len());
            // The byte after the limit may be a carriage return.
            if self.line.len() + taken > self.limit.saturating_add(1) {
                return Err(self.too_long(self.number + 1));
            }
            self.line.extend_from_slice(&chunk[..taken]);
            let consumed = taken + usize::from(end.is_some());
            self.reader.consume(consumed);
            self.offset += consumed as u64;
            if end.is_some() {
                return self.end_line();
            }
        }
    }

    fn end_line(&mut self) -> Result<bool, CliError> {
        self.number += 1;
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.line.len() > self.limit { Err(self.too_long(self.number)) } else { Ok(true) }
    }

    fn too_long(&self, number: u64) -> CliError {
        CliError::usage(format!("{}:{number}: the line is longer than {} bytes", self.name, self.limit))
            .code("line_too_long")
            .with("line", number)
            .with("limit", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Read;

    use super::LineReader;
    use crate::cli::error::CliError;

    fn all(bytes: &[u8], limit: usize) -> Result<Vec<(u64, String)>, CliError> {
        let mut lines = LineReader::new(bytes, "x").limit(limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line()? {
            found.push((line.number, line.text.to_owned()));
        }
        Ok(found)
    }

    #[test]
    fn lines_keep_their_numbers() {
        let found = all(b"\xef\xbb\xbf{}\r\n\r\n  \n[1]\nlast", 10).unwrap();
        assert_eq!(found, [(1, "{}".into()), (4, "[1]".into()), (5, "last".into())]);
        assert_eq!(all(b"", 10).unwrap(), []);
        assert_eq!(all(b"\xef\xbb\xbf\n\n", 10).unwrap(), []);
    }

    #[test]
    fn what_is_no_text_is_refused_with_line_and_offset() {
        let error = all(b"ok\nab\xff\n", 10).unwrap_err();
        assert!(
            error.exit() == 2 && error.failure.message.contains("x:2") && error.failure.message.contains("byte 5"),
            "{error}"
        );
        assert!(all(b"\xff\xfe{\0\n\0", 10).unwrap_err().failure.message.contains("UTF-16"));
    }

    #[test]
    fn the_limit_is_the_line_without_its_newline() {
        assert_eq!(all(b"12345\r\n12345\n12345", 5).unwrap().len(), 3);
        for long in [&b"123456\n"[..], b"123456", b"1234567\r\n"] {
            assert_eq!(all(long, 5).unwrap_err().failure.code, "line_too_long");
        }
    }

    #[test]
    fn an_endless_line_takes_no_more_memory_than_the_limit() {
        let mut lines = LineReader::new(io::repeat(b'x').take(1 << 30), "stdin").limit(100_000);
        let error = lines.next_line().unwrap_err();
        assert!(error.failure.message.starts_with("stdin:1:"), "{error}");
        assert!(lines.bytes_read() <= 200_000 && lines.line.capacity() <= 300_000);
    }
}
