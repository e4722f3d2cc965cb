//! Annotations of GitHub Actions.

use std::path::Path;

use crate::cli::output::printer::Output;
use crate::event::escape_unsafe;

impl Output {
    /// Marks a line of a file with an error, on stderr, where a GitHub workflow reads it.
    pub fn github_error(&self, file: &Path, line: usize, title: &str, message: &str) {
        let file = property(&file.to_string_lossy());
        let message: Vec<_> = message.lines().map(data).collect();
        self.print_stderr(&format!("::error file={file},line={line},title={}::{}\n", property(title), message.join("%0A")));
    }
}

fn data(text: &str) -> String {
    // Made safe first: GitHub reverses the escapes that follow.
    escape_unsafe(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::data;
    use super::property;

    #[test]
    fn nothing_in_a_text_can_end_a_mark_or_begin_another() {
        assert_eq!(property("a:b,c%\n::error::"), "a%3Ab%2Cc%25\\u000a%3A%3Aerror%3A%3A");
        assert_eq!(data("100%0A\r\u{1b}[2J"), "100%250A\\u000d\\u001b[2J");
    }
}
