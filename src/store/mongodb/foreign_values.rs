//! Values of documents of another program, without a copy of the whole document. What JSON lacks is relaxed Extended JSON.

use std::io::Write;

use mongodb::bson::Bson;
use mongodb::bson::DateTime;
use mongodb::bson::RawBsonRef;
use mongodb::bson::RawDocument;
use mongodb::bson::error::Error;
use serde_json::Value;
use serde_json::json;

use crate::store::foreign::ForeignValue;
use crate::store::foreign::base64;

/// Returns the value of a field by its path.
///
/// # Errors
/// The bytes of the document are damaged.
pub(crate) fn raw_field<'d>(document: &'d RawDocument, path: &str) -> Result<Option<RawBsonRef<'d>>, Error> {
    let mut inside = Some(document);
    let mut names = path.split('.').peekable();
    while let (Some(document), Some(name)) = (inside, names.next()) {
        let value = document.get(name)?;
        if names.peek().is_none() {
            return Ok(value);
        }
        inside = value.and_then(RawBsonRef::as_document);
    }
    Ok(None)
}

/// Returns a value of a document.
///
/// # Errors
/// The bytes of the value are damaged.
pub(crate) fn value_of(value: RawBsonRef<'_>) -> Result<ForeignValue, Error> {
    Ok(match value {
        RawBsonRef::String(text) => ForeignValue::Text(text.into()),
        RawBsonRef::Document(_) | RawBsonRef::Array(_) => {
            let mut json = Vec::new();
            write_extended(&mut json, value)?;
            // Only whole texts of JSON are written.
            ForeignValue::Json(std::str::from_utf8(&json).unwrap_or_default().into())
        }
        other => value_of_bson(&Bson::try_from(other)?),
    })
}

/// Returns a value.
pub(crate) fn value_of_bson(value: &Bson) -> ForeignValue {
    match value {
        Bson::Null | Bson::Undefined => ForeignValue::Null,
        Bson::Boolean(flag) => ForeignValue::Boolean(*flag),
        Bson::Int32(number) => ForeignValue::Integer(i64::from(*number)),
        Bson::Int64(number) => ForeignValue::Integer(*number),
        // Drivers of JavaScript store every number so. Within this range a float keeps whole numbers.
        Bson::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => ForeignValue::Integer(*number as i64),
        Bson::Double(number) => ForeignValue::Number(number.to_string().into()),
        Bson::Decimal128(number) => ForeignValue::number(&number.to_string()),
        Bson::String(text) => ForeignValue::Text(text.as_str().into()),
        Bson::ObjectId(id) => ForeignValue::Text(id.to_hex().into()),
        Bson::DateTime(time) => time.timestamp_millis().checked_mul(1000).map_or(ForeignValue::Null, ForeignValue::Micros),
        Bson::Binary(binary) if binary.bytes.len() == 16 => match uuid::Uuid::from_slice(&binary.bytes) {
            Ok(id) => ForeignValue::Text(id.to_string().into()),
            Err(_) => ForeignValue::Bytes(binary.bytes.clone()),
        },
        Bson::Binary(binary) => ForeignValue::Bytes(binary.bytes.clone()),
        other => ForeignValue::Json(serde_json::to_string(other).unwrap_or_else(|_| "null".to_owned()).into()),
    }
}

/// Writes a value as relaxed Extended JSON.
fn write_extended(out: &mut Vec<u8>, value: RawBsonRef<'_>) -> Result<(), Error> {
    match value {
        RawBsonRef::Document(document) => {
            for (place, element) in document.iter().enumerate() {
                let (name, value) = element?;
                out.push(if place == 0 { b'{' } else { b',' });
                write_json(out, name.as_str());
                out.push(b':');
                write_extended(out, value)?;
            }
            out.extend_from_slice(if document.is_empty() { b"{}" } else { b"}" });
        }
        RawBsonRef::Array(elements) => {
            out.push(b'[');
            for (place, element) in elements.into_iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_extended(out, element?)?;
            }
            out.push(b']');
        }
        RawBsonRef::String(text) => write_json(out, text),
        RawBsonRef::Int32(number) => write_json(out, &number),
        RawBsonRef::Int64(number) => write_json(out, &number),
        RawBsonRef::Double(number) if number.is_finite() => write_json(out, &number),
        RawBsonRef::Double(number) => write_json(out, &json!({ "$numberDouble": number.to_string() })),
        RawBsonRef::Boolean(flag) => write_json(out, &flag),
        RawBsonRef::DateTime(time) => write_json(out, &date(time)),
        RawBsonRef::Binary(binary) => {
            let kind = format!("{:02x}", u8::from(binary.subtype));
            write_json(out, &json!({ "$binary": { "base64": base64(binary.bytes), "subType": kind } }));
        }
        other => write_json(out, &Bson::try_from(other)?),
    }
    Ok(())
}

fn date(time: DateTime) -> Value {
    match time.try_to_rfc3339_string() {
        Ok(time) => json!({ "$date": time }),
        Err(_) => json!({ "$date": { "$numberLong": time.timestamp_millis().to_string() } }),
    }
}

fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let length = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(length);
        let _ = out.write_all(b"null");
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::Binary;
    use mongodb::bson::Bson;
    use mongodb::bson::DateTime;
    use mongodb::bson::Decimal128;
    use mongodb::bson::RawDocumentBuf;
    use mongodb::bson::doc;
    use mongodb::bson::oid::ObjectId;
    use mongodb::bson::spec::BinarySubtype;
    use serde_json::Value;
    use serde_json::json;

    use super::raw_field;
    use super::value_of;
    use crate::store::foreign::ForeignValue;

    fn raw(document: &mongodb::bson::Document) -> RawDocumentBuf {
        RawDocumentBuf::try_from(document).unwrap()
    }

    #[test]
    fn values_that_json_lacks_are_extended_json() {
        let time = DateTime::from_millis(1_793_527_200_000);
        let decimal: Decimal128 = "1.10".parse().unwrap();
        let bytes = Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2] };
        let all = doc! {
            "all": {
                "id": ObjectId::from_bytes([7; 12]), "at": time, "n": i64::MAX, "d": decimal, "list": [{ "at": time }, 1.0, -0.5],
                "inf": f64::INFINITY, "no\"ne": Bson::Null, "yes": true, "bytes": bytes, "empty": {}, "nothing": [],
            }
        };
        let raw = raw(&all);
        let ForeignValue::Json(text) = value_of(raw_field(&raw, "all").unwrap().unwrap()).unwrap() else { panic!() };
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({
                "id": { "$oid": "070707070707070707070707" },
                "at": { "$date": "2026-11-01T10:00:00Z" },
                "n": i64::MAX,
                "d": { "$numberDecimal": "1.10" },
                "list": [{ "at": { "$date": "2026-11-01T10:00:00Z" } }, 1.0, -0.5],
                "inf": { "$numberDouble": "inf" },
                "no\"ne": null,
                "yes": true,
                "bytes": { "$binary": { "base64": "AQI=", "subType": "00" } },
                "empty": {},
                "nothing": [],
            })
        );
    }

    #[test]
    fn a_path_leads_into_documents_only() {
        let raw = raw(&doc! { "a": { "b": 3, "c": "x" }, "d": [1] });
        let value = |path: &str| raw_field(&raw, path).unwrap().map(|value| value_of(value).unwrap());
        assert_eq!(value("a.b"), Some(ForeignValue::Integer(3)));
        assert_eq!(value("d"), Some(ForeignValue::Json("[1]".into())));
        for absent in ["b", "a.d", "a.b.c", "d.0", ""] {
            assert_eq!(value(absent), None, "{absent}");
        }
    }
}
