//! Values of rows as text and as JSON. Numbers in JSON keep all their digits.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;

use crate::event::Timestamp;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::base64;
use crate::store::layout::model::DataForm;

/// Returns a value as text; `None` if there is none.
pub(crate) fn text_of(value: &ForeignValue) -> Option<Cow<'_, str>> {
    Some(match value {
        ForeignValue::Null => return None,
        ForeignValue::Boolean(flag) => flag.to_string().into(),
        ForeignValue::Integer(number) => number.to_string().into(),
        ForeignValue::Number(text) | ForeignValue::Text(text) => text.as_str().into(),
        ForeignValue::Json(text) => match serde_json::from_str(text) {
            Ok(Value::String(text)) => text.into(),
            Ok(Value::Null) => return None,
            _ => text.as_str().into(),
        },
        ForeignValue::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => text.into(),
            _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
        ForeignValue::Micros(micros) => {
            let before_1970 = || jiff::Timestamp::from_microsecond(*micros).map(|time| format!("{time:.6}"));
            Timestamp::from_micros(*micros)
                .map(|time| time.to_string())
                .or_else(|_| before_1970())
                .unwrap_or_else(|_| micros.to_string())
                .into()
        }
    })
}

/// Returns the JSON of data.
///
/// # Errors
/// The reason why the value is not of this form.
pub(super) fn data_of(value: &ForeignValue, form: DataForm) -> Result<Cow<'_, RawValue>, String> {
    let is_lenient = matches!(form, DataForm::Text | DataForm::Bytes);
    match value {
        _ if form == DataForm::LargeObject && *value != ForeignValue::Null => {
            text_of(value).map_or_else(|| raw(&Value::Null), |number| object("$large_object", &number))
        }
        ForeignValue::Null => raw(&Value::Null),
        ForeignValue::Boolean(flag) => raw(&Value::Bool(*flag)),
        ForeignValue::Integer(number) => raw(&Value::from(*number)),
        // The digits are JSON already, unless the number is infinite or none.
        ForeignValue::Number(digits) => {
            RawValue::from_string(digits.to_string()).or_else(|_| to_raw_value(digits.as_str())).map(Cow::Owned).map_err(reason)
        }
        ForeignValue::Json(text) => parsed(text),
        ForeignValue::Text(text) if form == DataForm::Bson => raw(&Value::from(text.as_str())),
        ForeignValue::Text(text) => match parsed(text) {
            Err(_) if is_lenient => object("value", text),
            parsed => parsed,
        },
        ForeignValue::Bytes(bytes) => match std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned()).and_then(parsed) {
            Err(_) if form == DataForm::Text && std::str::from_utf8(bytes).is_ok() => {
                object("value", std::str::from_utf8(bytes).unwrap_or_default())
            }
            Err(_) if is_lenient || form == DataForm::Bson => object("$bytes", &base64(bytes)),
            parsed => parsed,
        },
        ForeignValue::Micros(_) => raw(&text_of(value).map_or(Value::Null, |text| Value::from(text.into_owned()))),
    }
}

fn parsed(text: &str) -> Result<Cow<'_, RawValue>, String> {
    serde_json::from_str::<&RawValue>(text.trim()).map(Cow::Borrowed).map_err(|error| format!("is not JSON: {error}"))
}

fn raw<'v>(value: &Value) -> Result<Cow<'v, RawValue>, String> {
    to_raw_value(value).map(Cow::Owned).map_err(reason)
}

fn object<'v>(key: &str, text: &str) -> Result<Cow<'v, RawValue>, String> {
    raw(&Value::from_iter([(key.to_owned(), Value::from(text))]))
}

fn reason(error: serde_json::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::data_of;
    use super::text_of;
    use crate::store::foreign::ForeignValue;
    use crate::store::layout::model::DataForm;

    #[test]
    fn bytes_are_text_only_if_they_can_be_read() {
        let text = |bytes: &[u8]| text_of(&ForeignValue::Bytes(bytes.to_vec())).unwrap().into_owned();
        assert_eq!(text("é-1".as_bytes()), "é-1");
        assert_eq!(text(&[0, 1, 2, 0x41]), "00010241");
        assert_eq!(text(&[0xff]), "ff");
    }

    #[test]
    fn data_keeps_its_digits_and_what_is_no_json_is_wrapped_or_refused() {
        let text = |text: &str| ForeignValue::Text(text.into());
        let bytes = |bytes: &[u8]| ForeignValue::Bytes(bytes.to_vec());
        for (value, form, expected) in [
            (text("{\"n\":123456789012345678901234567890}"), DataForm::Json, Ok("{\"n\":123456789012345678901234567890}")),
            (ForeignValue::Json("[1.10]".into()), DataForm::Json, Ok("[1.10]")),
            (text("hello"), DataForm::Text, Ok("{\"value\":\"hello\"}")),
            (text("hello"), DataForm::Json, Err("is not JSON: expected value at line 1 column 1")),
            (bytes(b"{\"a\":1}"), DataForm::Bytes, Ok("{\"a\":1}")),
            (bytes(b"--- {}"), DataForm::Text, Ok("{\"value\":\"--- {}\"}")),
            (bytes(b"--- {}"), DataForm::Bytes, Ok("{\"$bytes\":\"LS0tIHt9\"}")),
            (bytes(&[0xff]), DataForm::Bytes, Ok("{\"$bytes\":\"/w==\"}")),
            (bytes(&[0xff]), DataForm::Json, Err("is not UTF-8")),
            (ForeignValue::Null, DataForm::Json, Ok("null")),
            (ForeignValue::Integer(i64::MAX), DataForm::Json, Ok("9223372036854775807")),
            (ForeignValue::Number("1e400".into()), DataForm::Json, Ok("1e400")),
            (ForeignValue::Number("NaN".into()), DataForm::Json, Ok("\"NaN\"")),
            (ForeignValue::Integer(16400), DataForm::LargeObject, Ok("{\"$large_object\":\"16400\"}")),
        ] {
            let found = data_of(&value, form);
            assert_eq!(found.as_ref().map(|json| json.get()).map_err(String::as_str), expected, "{value:?}");
        }
    }
}
