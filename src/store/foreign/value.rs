//! A value of a row of another program.

/// A value of a column or field.
#[derive(Debug, Clone, PartialEq)]
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
    /// Returns the value of a number in digits.
    pub(crate) fn number(digits: String) -> Self {
        digits.parse().map_or(Self::Number(digits), Self::Integer)
    }
}
