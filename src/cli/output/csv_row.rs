//! JSON objects as CSV rows: a column for each top-level field, safe for terminals and spreadsheets.

use std::borrow::Cow;

use csv::WriterBuilder;
use serde_json::value::RawValue;

use crate::cli::output::json_parts::JsonParts;
use crate::event::escape_unsafe;

/// Returns the fields of an item as cells with their names. A value that is not an object is one field `value`.
pub(crate) fn cells(json: &str) -> Result<Vec<(String, String)>, serde_json::Error> {
    match JsonParts::of(json)? {
        JsonParts::Object(members) => members.into_iter().map(|(name, value)| Ok((name, cell(value)?))).collect(),
        _ => Ok(vec![("value".into(), cell(serde_json::from_str(json)?)?)]),
    }
}

fn cell(value: &RawValue) -> Result<String, serde_json::Error> {
    Ok(match JsonParts::of(value.get())? {
        JsonParts::Plain("null") => String::new(),
        JsonParts::Plain(text) => text.to_owned(),
        JsonParts::Text(text) => defused(&escape_unsafe(&text)).into_owned(),
        JsonParts::Object(_) | JsonParts::Array(_) => value.get().to_owned(),
    })
}

/// Returns a name that is safe as a header.
pub(crate) fn header(name: &str) -> String {
    defused(&escape_unsafe(name)).into_owned()
}

/// Appends a row to a buffer.
pub(crate) fn write_row<T: AsRef<[u8]>>(buffer: &mut Vec<u8>, row: impl IntoIterator<Item = T>) {
    let mut writer = WriterBuilder::new().flexible(true).buffer_capacity(1024).from_writer(buffer);
    // Writing into a Vec cannot fail.
    let _ = writer.write_record(row);
    let _ = writer.flush();
}

/// Adds a leading quote to a text that a spreadsheet would run as a formula. Plain numbers stay.
fn defused(text: &str) -> Cow<'_, str> {
    // The wide forms are formulas too where spreadsheets are used in Chinese or Japanese. A tab or carriage return at the beginning
    // is an escape already.
    let dangerous = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if dangerous && !is_plain_number(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::cells;
    use super::write_row;

    fn row(json: &str) -> String {
        let mut buffer = Vec::new();
        write_row(&mut buffer, cells(json).unwrap().into_iter().map(|(_, cell)| cell));
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn formulas_are_defused_and_numbers_stay() {
        assert_eq!(
            row(r#"{"a":"=1+1","b":"+x","c":"-x","d":"@x","e":-5,"f":"-5.5","g":"-5+1","h":"＝1"}"#),
            "'=1+1,'+x,'-x,'@x,-5,-5.5,'-5+1,'＝1\n"
        );
        assert_eq!(row(r#"{"a":"\t=1","b":"\r=1"}"#), "\\u0009=1,\\u000d=1\n");
    }

    #[test]
    fn nested_values_are_json_and_texts_are_quoted() {
        assert_eq!(
            row(r#"{"a":{"b":"c,\"d"},"n":null,"t":true,"x":"y,z\n\u001b"}"#),
            "\"{\"\"b\"\":\"\"c,\\\"\"d\"\"}\",,true,\"y,z\\u000a\\u001b\"\n"
        );
        assert_eq!(row("5"), "5\n");
        assert_eq!(row(r#"{"a":""}"#), "\"\"\n");
    }
}
