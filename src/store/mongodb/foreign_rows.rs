//! Rows of a collection of another program: its documents, or the elements of an array in each document.

use mongodb::bson::Bson;
use mongodb::bson::Document;
use mongodb::bson::RawBsonRef;
use mongodb::bson::RawDocument;
use mongodb::bson::RawDocumentBuf;
use mongodb::bson::doc;
use serde_json::Value;

use crate::store::error::StoreError;
use crate::store::foreign::BareScan;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Comparison;
use crate::store::foreign::ForeignRow;
use crate::store::foreign::ForeignValue;
use crate::store::foreign::QueryColumn;
use crate::store::foreign::QueryTest;
use crate::store::foreign::RowsBound;
use crate::store::foreign::RowsPlan;
use crate::store::foreign::RowsQuery;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::foreign_fields::field;
use crate::store::mongodb::foreign_values::raw_field;
use crate::store::mongodb::foreign_values::value_of;
use crate::store::mongodb::foreign_values::value_of_bson;

/// Reads the first rows of a query.
pub(crate) async fn rows(connection: &Connection, query: &RowsQuery) -> Result<Vec<ForeignRow>, StoreError> {
    let failed = connection.failed("cannot read");
    if query.range.distinct {
        return distinct(connection, query).await;
    }
    let order = order(query);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let collection = connection.collection(&query.from);
    let find = collection.find(filter(query)).projection(projection(query)).sort(order).limit(limit);
    let mut cursor = find.max_time(connection.timeout).await.map_err(&failed)?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while found.len() < query.limit && bytes < query.max_bytes() && cursor.advance().await.map_err(&failed)? {
        if walks(query) {
            check_values(query, &cursor.deserialize_current().map_err(&failed)?)?;
        }
        let first = found.len();
        add(&mut found, query, cursor.current())?;
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
        let value = |place| field(&document, &format!("_id.{}", name(place))).map_or(ForeignValue::Null, value_of_bson);
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
    let count = counted.get("count").map(value_of_bson);
    Ok(if let Some(ForeignValue::Integer(count)) = count { count.unsigned_abs() } else { 0 })
}

/// Reads the documents of a query with the fields of its columns, and discards them.
pub(crate) async fn bare_scan(connection: &Connection, query: &RowsQuery) -> Result<BareScan, StoreError> {
    let failed = connection.failed("cannot read");
    let (filter, fields) = (filter(query), projection(query));
    let statement = format!("db.{}.find({filter}, {fields})", query.from);
    let collection = connection.database.collection::<RawDocumentBuf>(&query.from);
    let mut cursor = collection.find(filter).projection(fields).max_time(connection.timeout).await.map_err(&failed)?;
    let (mut rows, mut bytes) = (0, 0);
    while cursor.advance().await.map_err(&failed)? {
        bytes += cursor.current().as_bytes().len();
        rows += 1;
    }
    std::hint::black_box(bytes);
    Ok(BareScan { rows, statement })
}

/// Returns the plan for a query.
pub(crate) async fn plan(connection: &Connection, query: &RowsQuery) -> Result<RowsPlan, StoreError> {
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let find = doc! { "find": &query.from, "filter": filter(query), "projection": projection(query), "sort": order(query), "limit": limit };
    let explain = doc! { "explain": find, "verbosity": "queryPlanner" };
    let explained = connection.database.run_command(explain).await.map_err(connection.failed("cannot read"))?;
    let mut lines = Vec::new();
    if let Some(plan) = field(&explained, "queryPlanner.winningPlan") {
        add_stages(&mut lines, plan);
    }
    let has = |stage: &str| lines.iter().any(|line: &String| line.starts_with(stage));
    Ok(RowsPlan { scans: has("COLLSCAN"), sorts: has("SORT"), lines })
}

/// Adds the stages of a plan, each with its index.
fn add_stages(lines: &mut Vec<String>, plan: &Bson) {
    match plan {
        Bson::Document(plan) => {
            if let Ok(stage) = plan.get_str("stage") {
                lines.push(format!("{stage} {}", plan.get_str("indexName").unwrap_or_default()).trim_end().to_owned());
            }
            plan.iter().for_each(|(_, inside)| add_stages(lines, inside));
        }
        Bson::Array(plans) => plans.iter().for_each(|plan| add_stages(lines, plan)),
        _ => {}
    }
}

/// Returns the fields of a document that a query needs.
fn projection(query: &RowsQuery) -> Document {
    let (document, elements) =
        query.columns.split_at(if query.unwind.is_some() { query.of_document } else { query.columns.len() });
    let mut paths: Vec<&str> = document.iter().map(|column| column.name.as_str()).collect();
    paths.extend(query.unwind.as_deref().filter(|_| !elements.is_empty()));
    paths.extend(query.order.iter().map(|column| column.name.as_str()));
    // In a projection, a name with $ is an operator: the document around it is read.
    let paths: Vec<&str> = paths.into_iter().map(|path| path.find(".$").map_or(path, |end| &path[..end])).collect();
    if paths.iter().any(|path| path.starts_with('$')) {
        return Document::new();
    }
    // The server refuses a path beside a path in it.
    let is_inside = |path: &str, other: &str| path.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'));
    let kept = paths.iter().filter(|path| !paths.iter().any(|other| is_inside(path, other)));
    let mut fields: Document = kept.map(|path| ((*path).to_owned(), Bson::Int32(1))).collect();
    if !fields.keys().any(|path| path == "_id" || is_inside(path, "_id")) {
        fields.insert("_id", 0);
    }
    fields
}

fn add(found: &mut Vec<ForeignRow>, query: &RowsQuery, document: &RawDocument) -> Result<(), StoreError> {
    let damaged = |error| StoreError::integrity(format!("a document of {} cannot be read: {error}", query.from));
    let read = |from: &RawDocument, columns: &[QueryColumn]| -> Result<Vec<ForeignValue>, StoreError> {
        let values = columns.iter().map(|column| match raw_field(from, &column.name)? {
            Some(value) => value_of(value),
            None => Ok(ForeignValue::Null),
        });
        values.collect::<Result<_, _>>().map_err(damaged)
    };
    let Some(array) = &query.unwind else {
        found.push(ForeignRow { values: read(document, &query.columns)?, place: None });
        return Ok(());
    };
    let (outer, inner) = query.columns.split_at(query.of_document);
    let outer = read(document, outer)?;
    let elements = raw_field(document, array).map_err(damaged)?.and_then(RawBsonRef::as_array);
    let (first, last) = query.range.places.unwrap_or((0, usize::MAX));
    let count = last.saturating_sub(first).saturating_add(1);
    let elements = elements.into_iter().flatten().enumerate().skip(first).take(count);
    let mut elements: Vec<(usize, _)> = elements.collect();
    if query.range.backwards {
        elements.reverse();
    }
    for (place, element) in elements.into_iter().take(query.limit) {
        let inner = match element.map_err(damaged)?.as_document() {
            Some(element) => read(element, inner)?,
            None => vec![ForeignValue::Null; inner.len()],
        };
        found.push(ForeignRow { values: outer.iter().cloned().chain(inner).collect(), place: Some(place) });
    }
    Ok(())
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
        let shown = value_of_bson(value);
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
        ForeignValue::Text(text) | ForeignValue::Json(text) => text.as_str(),
    };
    let id = || mongodb::bson::oid::ObjectId::parse_str(text).ok().map(Bson::ObjectId);
    let uuid = || uuid::Uuid::parse_str(text).ok().map(|id| mongodb::bson::Uuid::from_bytes(id.into_bytes()).into());
    let of_class = match class {
        ColumnClass::ObjectId => id(),
        ColumnClass::Uuid => uuid(),
        _ => None,
    };
    of_class.unwrap_or_else(|| Bson::String(text.to_owned()))
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

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;
    use mongodb::bson::rawdoc;

    use super::add;
    use super::projection;
    use crate::store::foreign::ColumnClass;
    use crate::store::foreign::ForeignValue;
    use crate::store::foreign::QueryColumn;
    use crate::store::foreign::RowsQuery;
    use crate::store::foreign::RowsRange;

    fn column(name: &str) -> QueryColumn {
        QueryColumn { alias: String::new(), name: name.into(), class: ColumnClass::Other }
    }

    fn query() -> RowsQuery {
        RowsQuery {
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
        }
    }

    #[test]
    fn only_the_fields_of_a_query_are_read() {
        for (names, fields) in [
            (&["a", "b.c"][..], doc! { "a": 1, "b.c": 1, "_id": 0 }),
            (&["_id", "a"], doc! { "_id": 1, "a": 1 }),
            (&["_id.stream", "_id.version"], doc! { "_id.stream": 1, "_id.version": 1 }),
            (&["a.b", "a", "a.b.c", "ab"], doc! { "a": 1, "ab": 1, "_id": 0 }),
            (&["meta.$correlationId", "a"], doc! { "meta": 1, "a": 1, "_id": 0 }),
            (&["$type"], doc! {}),
        ] {
            let query = RowsQuery { unwind: None, columns: names.iter().map(|name| column(name)).collect(), ..query() };
            assert_eq!(projection(&query), fields, "{names:?}");
        }
    }

    #[test]
    fn an_array_gives_a_row_for_each_element() {
        let query = query();
        let mut found = Vec::new();
        let document = rawdoc! { "_id": "a", "type": "outer", "events": [{ "type": "T" }, { "type": "U" }] };
        add(&mut found, &query, &document).unwrap();
        assert_eq!(found[1].values, [ForeignValue::Text("a".into()), ForeignValue::Text("U".into())]);
        assert_eq!(found[1].place, Some(1));
    }
}
