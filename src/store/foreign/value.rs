//! A value of a row of another program.

use crate::store::foreign::text::ForeignText;

/// A value of a column or field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignValue {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or beyond the range of [`ForeignValue::Integer`], in digits.
    Number(ForeignText),
    /// Text.
    Text(ForeignText),
    /// JSON as the database writes it.
    Json(ForeignText),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A time in microseconds since 1970. One without a zone is taken for UTC.
    Micros(i64),
}

impl ForeignValue {
    /// Returns the memory that the value takes.
    pub(crate) fn bytes(&self) -> usize {
        let content = match self {
            Self::Number(text) | Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Micros(_) => 0,
        };
        size_of::<Self>() + content
    }

    /// Returns the value of a number in digits.
    pub(crate) fn number(digits: &str) -> Self {
        digits.parse().map_or_else(|_| Self::Number(digits.into()), Self::Integer)
    }
}

#[cfg(test)]
mod tests {
    use super::ForeignValue;

    #[test]
    fn a_value_takes_memory_even_if_it_has_no_text() {
        let empty = ForeignValue::Integer(7).bytes();
        assert!(empty >= size_of::<i64>() && ForeignValue::Null.bytes() == empty, "{empty}");
        assert_eq!(ForeignValue::Text("abc".into()).bytes(), empty + 3);
    }
}
