//! Rows of a collection of another program: its documents, or the elements of an array in each document.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::doc;
use serde_json::Value;
use serde_json::json;

use crate::store::error::StoreError;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::QueryTest;
use crate::store::foreign::RowsBound;
use crate::store::foreign::RowsQuery;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::foreign_fields::field;

/// Reads the first rows of a query.
pub(crate) async fn rows(connection: &Connection, query: &RowsQuery) -> Result<Vec<ForeignRow>, StoreError> {
    let failed = connection.failed("cannot read");
    if query.range.distinct {
        return distinct(connection, query).await;
    }
    let order = order(query);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let collection = connection.collection(&query.from);
    let find = collection.find(filter(query)).sort(order).limit(limit).batch_size(10).max_time(connection.timeout);
    let mut cursor = find.await.map_err(&failed)?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while found.len() < query.limit && bytes < query.max_bytes() && cursor.advance().await.map_err(&failed)? {
        let document = cursor.deserialize_current().map_err(&failed)?;
        if walks(query) {
            check_values(query, &document)?;
        }
        let first = found.len();
        add(&mut found, query, &document);
        bytes += found[first..].iter().map(ForeignRow::bytes).sum::<usize>();
    }
    found.truncate(query.limit);
    Ok(found)
}

fn order(query: &RowsQuery) -> Document {
    let direction = if query.range.backwards { -1 } else { 1 };
    query.order.iter().map(|column| (column.name.clone(), Bson::Int32(direction))).collect()
}

/// Reads one row for each combination of values of the columns, by grouping all documents.
async fn distinct(connection: &Connection, query: &RowsQuery) -> Result<Vec<ForeignRow>, StoreError> {
    let failed = connection.failed("cannot read");
    // The fields of a group have no dots.
    let name = |place: usize| format!("c{place}");
    let fields = query.columns.iter().enumerate();
    let key: Document = fields.clone().map(|(place, column)| (name(place), Bson::from(format!("${}", column.name)))).collect();
    let order: Document = fields.clone().map(|(place, _)| (format!("_id.{}", name(place)), Bson::Int32(1))).collect();
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let pipeline =
        [doc! { "$match": filter(query) }, doc! { "$group": { "_id": key } }, doc! { "$sort": order }, doc! { "$limit": limit }];
    let collection = connection.collection(&query.from);
    let mut cursor = collection.aggregate(pipeline).max_time(connection.timeout).await.map_err(&failed)?;
    let mut found = Vec::new();
    while cursor.advance().await.map_err(&failed)? {
        let document = cursor.deserialize_current().map_err(&failed)?;
        let value = |place| field(&document, &format!("_id.{}", name(place))).map_or(ForeignValue::Null, value_of);
        found.push(ForeignRow { values: (0..query.columns.len()).map(value).collect(), place: None });
    }
    Ok(found)
}

/// Counts all rows of a query.
pub(crate) async fn count(connection: &Connection, query: &RowsQuery) -> Result<u64, StoreError> {
    let failed = connection.failed("cannot read");
    let collection = connection.collection(&query.from);
    let Some(array) = &query.unwind else {
        return collection.count_documents(filter(query)).max_time(connection.timeout).await.map_err(failed);
    };
    let path = format!("${array}");
    let size = doc! { "$cond": [{ "$isArray": &path }, { "$size": &path }, 0] };
    let pipeline = [doc! { "$match": filter(query) }, doc! { "$group": { "_id": null, "count": { "$sum": size } } }];
    let mut cursor = collection.aggregate(pipeline).max_time(connection.timeout).await.map_err(&failed)?;
    if !cursor.advance().await.map_err(&failed)? {
        return Ok(0);
    }
    let counted = cursor.deserialize_current().map_err(&failed)?;
    let count = counted.get("count").map(value_of);
    Ok(if let Some(ForeignValue::Integer(count)) = count { count.unsigned_abs() } else { 0 })
}

fn add(found: &mut Vec<ForeignRow>, query: &RowsQuery, document: &Document) {
    let read = |from: &Document, columns: &[QueryColumn]| -> Vec<ForeignValue> {
        columns.iter().map(|column| field(from, &column.name).map_or(ForeignValue::Null, value_of)).collect()
    };
    let Some(array) = &query.unwind else {
        found.push(ForeignRow { values: read(document, &query.columns), place: None });
        return;
    };
    let (outer, inner) = query.columns.split_at(query.of_document);
    let outer = read(document, outer);
    let elements = field(document, array).and_then(Bson::as_array);
    let (first, last) = query.range.places.unwrap_or((0, usize::MAX));
    let count = last.saturating_sub(first).saturating_add(1);
    let elements = elements.into_iter().flatten().enumerate().skip(first).take(count);
    let mut elements: Vec<(usize, &Bson)> = elements.collect();
    if query.range.backwards {
        elements.reverse();
    }
    for (place, element) in elements.into_iter().take(query.limit) {
        let empty = Document::new();
        let inner = read(element.as_document().unwrap_or(&empty), inner);
        found.push(ForeignRow { values: outer.iter().cloned().chain(inner).collect(), place: Some(place) });
    }
}

fn filter(query: &RowsQuery) -> Document {
    let bson = |value: &Value| match value {
        Value::Bool(flag) => Bson::Boolean(*flag),
        Value::Number(number) => number.as_i64().map_or(Bson::Null, Bson::Int64),
        other => Bson::String(other.as_str().unwrap_or_default().to_owned()),
    };
    let conditions = query.conditions.iter().map(|(column, test)| {
        let name = column.name.clone();
        match test {
            // As a value of $eq, a text is never an operator.
            QueryTest::Is(value) => doc! { name: { "$eq": bson(value) } },
            QueryTest::IsNot(value) => doc! { name: { "$ne": bson(value) } },
            QueryTest::In(values) => doc! { name: { "$in": values.iter().map(bson).collect::<Vec<_>>() } },
            QueryTest::SameAs(other) => doc! { "$expr": { "$eq": [format!("${name}"), format!("${}", other.name)] } },
        }
    });
    let bounds = query.range.bounds.iter().map(|one| bound(one, walks(query)));
    let conditions: Vec<Document> = conditions.chain(bounds).collect();
    if conditions.is_empty() {
        Document::new()
    } else {
        doc! { "$and": conditions }
    }
}

/// The types of values, in their order in an index.
const TYPES: [&[&str]; 10] = [
    &["double", "int", "long", "decimal"],
    &["string"],
    &["object"],
    &["array"],
    &["binData"],
    &["objectId"],
    &["bool"],
    &["date"],
    &["timestamp"],
    &["regex"],
];

/// Returns true for a query that goes from one name to the next, over values of all types.
fn walks(query: &RowsQuery) -> bool {
    query.range.bounds.iter().any(|bound| bound.comparison == Comparison::Present)
}

/// Returns the types that come after that of a value.
fn later_types(value: &Bson) -> Vec<&'static str> {
    let first = match value {
        Bson::Null => 0,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 1,
        Bson::String(_) => 2,
        Bson::Binary(_) => 5,
        Bson::ObjectId(_) => 6,
        Bson::Boolean(_) => 7,
        Bson::DateTime(_) => 8,
        _ => TYPES.len(),
    };
    TYPES[first..].concat()
}

/// Checks that the values of a name lead to the next name.
///
/// # Errors
/// [`StoreError::Integrity`] if a value has another type than the one that its text is taken for.
fn check_values(query: &RowsQuery, document: &Document) -> Result<(), StoreError> {
    for column in &query.order {
        let Some(value) = field(document, &column.name) else { continue };
        let shown = value_of(value);
        let taken = typed(column.class, &shown);
        let is_number = |value: &Bson| matches!(value, Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_));
        let is_same = taken == *value || (is_number(value) && is_number(&taken)) || *value == Bson::Null;
        // Of a name in a field of several types, only the text is known.
        let is_clear = match &shown {
            ForeignValue::Integer(_) | ForeignValue::Null => true,
            ForeignValue::Text(text) => text.parse::<i64>().is_err(),
            _ => false,
        };
        if !is_same || (column.class == ColumnClass::Other && !is_clear) {
            return Err(StoreError::integrity(format!(
                "{}.{} has values of several types, one of them {value}: its names have no order",
                query.from, column.name
            )));
        }
    }
    Ok(())
}

/// Returns the condition of a bound. Columns are compared from left to right, `over_types` also with values of later types.
fn bound(bound: &RowsBound, over_types: bool) -> Document {
    let pairs: Vec<(&QueryColumn, &ForeignValue)> = bound.columns.iter().zip(&bound.values).collect();
    let equal = |(column, value): &(&QueryColumn, &ForeignValue)| doc! { &column.name: { "$in": forms(column, value) } };
    let operator = match bound.comparison {
        Comparison::Equal => return doc! { "$and": pairs.iter().map(equal).collect::<Vec<_>>() },
        Comparison::Present => {
            let present = |column: &QueryColumn| doc! { &column.name: { "$ne": Bson::Null } };
            return doc! { "$and": bound.columns.iter().map(present).collect::<Vec<_>>() };
        }
        Comparison::Unplaced => {
            // The complement of all numbers.
            let unplaced = |column: &QueryColumn| doc! { &column.name: { "$not": { "$gte": f64::NEG_INFINITY } } };
            return doc! { "$or": bound.columns.iter().map(unplaced).collect::<Vec<_>>() };
        }
        Comparison::After => "$gt",
        Comparison::From => "$gte",
        Comparison::Before => "$lt",
        Comparison::UpTo => "$lte",
    };
    let either = pairs.iter().enumerate().map(|(place, (column, value))| {
        let last = place + 1 == pairs.len();
        let mut all: Vec<Document> = pairs[..place].iter().map(equal).collect();
        let strict = if last { operator } else { operator.trim_end_matches('e') };
        let value = typed(column.class, value);
        let types = later_types(&value);
        let compared = doc! { &column.name: { strict: value } };
        all.push(match bound.comparison {
            Comparison::After if over_types && !types.is_empty() => {
                doc! { "$or": [compared, { &column.name: { "$type": types } }] }
            }
            _ => compared,
        });
        doc! { "$and": all }
    });
    doc! { "$or": either.collect::<Vec<_>>() }
}

/// Returns a value in the type of its field.
fn typed(class: ColumnClass, value: &ForeignValue) -> Bson {
    let text = match value {
        ForeignValue::Null => return Bson::Null,
        ForeignValue::Boolean(flag) => return Bson::Boolean(*flag),
        ForeignValue::Integer(number) => return Bson::Int64(*number),
        ForeignValue::Micros(micros) => return mongodb::bson::DateTime::from_millis(micros / 1000).into(),
        ForeignValue::Bytes(bytes) => {
            return mongodb::bson::Binary { subtype: mongodb::bson::spec::BinarySubtype::Generic, bytes: bytes.clone() }.into();
        }
        ForeignValue::Number(digits) => return digits.parse().map_or(Bson::Null, Bson::Double),
        ForeignValue::Text(text) | ForeignValue::Json(text) => text,
    };
    let id = || mongodb::bson::oid::ObjectId::parse_str(text).ok().map(Bson::ObjectId);
    let uuid = || uuid::Uuid::parse_str(text).ok().map(|id| mongodb::bson::Uuid::from_bytes(id.into_bytes()).into());
    let of_class = match class {
        ColumnClass::ObjectId => id(),
        ColumnClass::Uuid => uuid(),
        _ => None,
    };
    of_class.unwrap_or_else(|| Bson::String(text.clone()))
}

/// Returns the values that are shown as this value. Fields of other documents may have another type.
fn forms(column: &QueryColumn, value: &ForeignValue) -> Vec<Bson> {
    let classes = [column.class, ColumnClass::Text, ColumnClass::ObjectId, ColumnClass::Uuid];
    let mut forms: Vec<Bson> = Vec::new();
    for form in classes.map(|class| typed(class, value)) {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

pub(crate) fn value_of(value: &Bson) -> ForeignValue {
    match value {
        Bson::Null | Bson::Undefined => ForeignValue::Null,
        Bson::Boolean(flag) => ForeignValue::Boolean(*flag),
        Bson::Int32(number) => ForeignValue::Integer(i64::from(*number)),
        Bson::Int64(number) => ForeignValue::Integer(*number),
        // Drivers of JavaScript store every number so. Within this range a float keeps whole numbers.
        Bson::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => ForeignValue::Integer(*number as i64),
        Bson::Double(number) => ForeignValue::Number(number.to_string()),
        Bson::Decimal128(number) => ForeignValue::number(number.to_string()),
        Bson::String(text) => ForeignValue::Text(text.clone()),
        Bson::ObjectId(id) => ForeignValue::Text(id.to_hex()),
        Bson::DateTime(time) => time.timestamp_millis().checked_mul(1000).map_or(ForeignValue::Null, ForeignValue::Micros),
        Bson::Binary(binary) if binary.bytes.len() == 16 => match uuid::Uuid::from_slice(&binary.bytes) {
            Ok(id) => ForeignValue::Text(id.to_string()),
            Err(_) => ForeignValue::Bytes(binary.bytes.clone()),
        },
        Bson::Binary(binary) => ForeignValue::Bytes(binary.bytes.clone()),
        other => ForeignValue::Json(extended(other).to_string()),
    }
}

/// Returns a value as relaxed Extended JSON.
fn extended(value: &Bson) -> Value {
    match value {
        Bson::Document(document) => document.iter().map(|(name, value)| (name.clone(), extended(value))).collect(),
        Bson::Array(elements) => elements.iter().map(extended).collect(),
        Bson::DateTime(time) => match time.try_to_rfc3339_string() {
            Ok(time) => json!({ "$date": time }),
            Err(_) => json!({ "$date": { "$numberLong": time.timestamp_millis().to_string() } }),
        },
        Bson::Double(number) if !number.is_finite() => json!({ "$numberDouble": number.to_string() }),
        other => serde_json::to_value(other).unwrap_or(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;
    use mongodb::bson::oid::ObjectId;
    use serde_json::json;

    use super::add;
    use super::extended;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::ForeignValue;
    use crate::store::foreign::QueryColumn;
    use crate::store::foreign::RowsQuery;
    use crate::store::foreign::RowsRange;

    #[test]
    fn values_that_json_lacks_are_extended_json() {
        let id = ObjectId::from_bytes([7; 12]);
        let time = mongodb::bson::DateTime::from_millis(1_793_527_200_000);
        let decimal: mongodb::bson::Decimal128 = "1.10".parse().unwrap();
        let value = extended(&doc! { "id": id, "at": time, "n": i64::MAX, "d": decimal, "list": [{ "at": time }] }.into());
        assert_eq!(
            value,
            json!({
                "id": { "$oid": "070707070707070707070707" },
                "at": { "$date": "2026-11-01T10:00:00Z" },
                "n": i64::MAX,
                "d": { "$numberDecimal": "1.10" },
                "list": [{ "at": { "$date": "2026-11-01T10:00:00Z" } }],
            })
        );
    }

    #[test]
    fn an_array_gives_a_row_for_each_element() {
        let column = |name: &str| QueryColumn { alias: String::new(), name: name.into(), class: ColumnClass::Other };
        let query = RowsQuery {
            schema: String::new(),
            from: "c".into(),
            alias: "e".into(),
            joins: Vec::new(),
            conditions: Vec::new(),
            unwind: Some("events".into()),
            columns: vec![column("_id"), column("type")],
            of_document: 1,
            order: Vec::new(),
            limit: 10,
            range: RowsRange::default(),
        };
        let mut found = Vec::new();
        add(&mut found, &query, &doc! { "_id": "a", "type": "outer", "events": [{ "type": "T" }, { "type": "U" }] });
        assert_eq!(found[1].values, [ForeignValue::Text("a".into()), ForeignValue::Text("U".into())]);
        assert_eq!(found[1].place, Some(1));
    }
}
