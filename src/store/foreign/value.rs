//! A value of a row of another program.

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
    Number(String),
    /// Text.
    Text(String),
    /// JSON as the database writes it.
    Json(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A time in microseconds since 1970. One without a zone is taken for UTC.
    Micros(i64),
}

impl ForeignValue {
    /// Returns the size of a text or of bytes; 0 for others.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Number(text) | Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Micros(_) => 0,
        }
    }

    /// Returns the value of a number in digits.
    pub(crate) fn number(digits: String) -> Self {
        digits.parse().map_or(Self::Number(digits), Self::Integer)
    }
}
