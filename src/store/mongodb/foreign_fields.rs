//! The fields of sampled documents, by their paths. An array of documents has the fields of its documents.

use std::collections::BTreeMap;

use mongodb::bson::Bson;
use mongodb::bson::Document;

use crate::store::foreign::ColumnClass;
use crate::store::foreign::ForeignColumn;

/// The depth of the paths.
const DEPTH: usize = 3;
/// The number of elements of an array that are looked at.
const ELEMENTS: usize = 5;
/// The maximum number of fields of one collection.
const MAX_FIELDS: usize = 500;

/// The fields of documents, in the order of their first appearance.
#[derive(Default)]
pub(crate) struct Fields {
    order: Vec<String>,
    kinds: BTreeMap<String, (String, ColumnClass)>,
}

impl Fields {
    /// Adds the fields of a document.
    pub(crate) fn add(&mut self, document: &Document) {
        self.add_below("", document, DEPTH);
    }

    fn add_below(&mut self, prefix: &str, document: &Document, depth: usize) {
        for (name, value) in document {
            // A path cannot say whether a dot is part of a name.
            if name.is_empty() || name.contains('.') || name.starts_with('$') {
                continue;
            }
            let path = format!("{prefix}{name}");
            self.note(&path, value);
            let below = format!("{path}.");
            match value {
                _ if depth == 1 => {}
                Bson::Document(inner) => self.add_below(&below, inner, depth - 1),
                Bson::Array(elements) => {
                    for element in elements.iter().take(ELEMENTS).filter_map(Bson::as_document) {
                        self.add_below(&below, element, depth - 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn note(&mut self, path: &str, value: &Bson) {
        let Some((kind, class)) = kind_of(value) else { return };
        match self.kinds.get_mut(path) {
            Some((known, known_class)) if known != kind => {
                // Numbers of several sizes are one type to their writer.
                let numbers = [ColumnClass::Integer, ColumnClass::Number];
                let joined = match numbers.contains(known_class) && numbers.contains(&class) {
                    true if *known_class == ColumnClass::Integer => class,
                    true => ColumnClass::Number,
                    false => ColumnClass::Other,
                };
                (*known, *known_class) = (if joined == ColumnClass::Other { "mixed".into() } else { kind.into() }, joined);
            }
            Some(_) => {}
            None if self.order.len() < MAX_FIELDS => {
                self.order.push(path.to_owned());
                self.kinds.insert(path.to_owned(), (kind.to_owned(), class));
            }
            None => {}
        }
    }

    /// Returns the fields.
    pub(crate) fn into_columns(mut self) -> Vec<ForeignColumn> {
        let mut columns = Vec::new();
        for name in self.order {
            if let Some((kind, class)) = self.kinds.remove(&name) {
                columns.push(ForeignColumn { name, kind, class, counts_up: false });
            }
        }
        columns
    }
}

/// Returns the value of a field by its path.
pub(crate) fn field<'d>(document: &'d Document, path: &str) -> Option<&'d Bson> {
    let mut names = path.split('.');
    let mut value = document.get(names.next()?)?;
    for name in names {
        value = value.as_document()?.get(name)?;
    }
    Some(value)
}

/// Returns the name and class of the type of a value; `None` for no value.
fn kind_of(value: &Bson) -> Option<(&'static str, ColumnClass)> {
    Some(match value {
        Bson::Null | Bson::Undefined => return None,
        Bson::Int32(_) => ("int", ColumnClass::Integer),
        Bson::Int64(_) => ("long", ColumnClass::Integer),
        // Drivers of JavaScript store every number so.
        Bson::Double(number) if number.fract() == 0.0 => ("double", ColumnClass::Integer),
        Bson::Double(_) => ("double", ColumnClass::Number),
        Bson::Decimal128(_) => ("decimal", ColumnClass::Number),
        Bson::String(_) => ("string", ColumnClass::Text),
        Bson::Boolean(_) => ("bool", ColumnClass::Boolean),
        Bson::DateTime(_) | Bson::Timestamp(_) => ("date", ColumnClass::Instant),
        Bson::ObjectId(_) => ("objectId", ColumnClass::ObjectId),
        Bson::Binary(binary) if binary.bytes.len() == 16 => ("uuid", ColumnClass::Uuid),
        Bson::Binary(_) => ("binData", ColumnClass::Bytes),
        Bson::Document(_) => ("object", ColumnClass::Document),
        Bson::Array(_) => ("array", ColumnClass::Array),
        _ => ("other", ColumnClass::Other),
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::Fields;
    use super::field;

    #[test]
    fn fields_are_paths_with_one_type_and_arrays_have_the_fields_of_their_documents() {
        let mut fields = Fields::default();
        fields.add(&doc! { "_id": "a", "n": 1, "meta": null, "messages": [{ "type": "T", "data": { "x": 1 } }], "a.b": 1 });
        fields.add(&doc! { "_id": "b", "n": 2i64, "meta": { "by": "ann" }, "odd": 1 });
        fields.add(&doc! { "_id": "c", "n": 2.5, "odd": "text" });
        let shown: Vec<String> = fields.into_columns().iter().map(|field| format!("{} {:?}", field.name, field.class)).collect();
        let expected = [
            "_id Text",
            "n Number",
            "messages Array",
            "messages.type Text",
            "messages.data Document",
            "messages.data.x Integer",
            "meta Document",
            "meta.by Text",
            "odd Other",
        ];
        assert_eq!(shown, expected);
        assert_eq!(field(&doc! { "a": { "b": 3 } }, "a.b").and_then(|value| value.as_i32()), Some(3));
    }
}
