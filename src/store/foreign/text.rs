//! Text of rows. The rows of one answer share one buffer, so that a value needs no memory of its own.

use std::fmt;
use std::ops::Deref;
use std::ops::Range;
use std::sync::Arc;

/// A text.
#[derive(Clone)]
pub struct ForeignText {
    buffer: Arc<String>,
    range: Range<u32>,
}

impl ForeignText {
    /// Returns a part of a buffer, which begins and ends between characters; the whole buffer if it does not.
    pub(crate) fn part(buffer: &Arc<String>, range: Range<usize>) -> Self {
        let fits = u32::try_from(buffer.len()).is_ok() && buffer.get(range.clone()).is_some();
        match (fits, u32::try_from(range.start), u32::try_from(range.end)) {
            (true, Ok(start), Ok(end)) => Self { buffer: Arc::clone(buffer), range: start..end },
            _ => Self::from(buffer.get(range).unwrap_or_default()),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        self.buffer.get(self.range.start as usize..self.range.end as usize).unwrap_or(&self.buffer)
    }
}

impl From<&str> for ForeignText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for ForeignText {
    fn from(text: String) -> Self {
        // A text of 4 GiB or more, which no database hands out, is never a part of a buffer.
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { buffer: Arc::new(text), range: 0..end }
    }
}

impl Deref for ForeignText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for ForeignText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ForeignText {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::ForeignText;

    #[test]
    fn a_part_of_a_buffer_is_equal_to_the_same_text() {
        let buffer = Arc::new("aéb".to_owned());
        let part = ForeignText::part(&buffer, 1..3);
        assert_eq!((part.as_str(), &part), ("é", &ForeignText::from("é")));
        assert_eq!(ForeignText::part(&buffer, 4..4).as_str(), "");
        assert_eq!(format!("{part:?}"), "\"é\"");
    }
}
