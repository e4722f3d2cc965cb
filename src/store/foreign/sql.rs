//! The SQL of a query for rows. Names are quoted identifiers and values are parameters, so that no part of a query is ever SQL.

use crate::store::foreign::catalog::quoted;
use serde_json::Value;

use crate::store::foreign::column_class::ColumnClass;
use crate::store::foreign::rows_query::Comparison;
use crate::store::foreign::rows_query::QueryColumn;
use crate::store::foreign::rows_query::QueryTest;
use crate::store::foreign::rows_query::RowsBound;
use crate::store::foreign::rows_query::RowsQuery;
use crate::store::foreign::value::ForeignValue;

/// The differences between two kinds of SQL.
pub(crate) struct Dialect {
    /// Returns the placeholder of a parameter, from 1, as text.
    pub(crate) placeholder: fn(usize) -> String,
    /// Returns the expression that reads a column.
    pub(crate) read: fn(&str, &QueryColumn) -> String,
    /// Returns the expression that compares a column with a text.
    pub(crate) as_text: fn(&str) -> String,
    /// Returns the expression of a placeholder for a value of a column of this class, so that an index of the column is used.
    pub(crate) given: fn(&str, ColumnClass) -> String,
    /// Returns the expression of bytes in hexadecimal digits.
    pub(crate) bytes: fn(&str) -> String,
}

/// A statement with its parameters, which are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<String>,
}

fn named(alias: &str, column: &str) -> String {
    format!("{}.{}", quoted(alias), quoted(column))
}

/// Returns the statement that reads the rows.
pub(crate) fn select(query: &RowsQuery, dialect: &Dialect) -> Statement {
    let columns = query.columns.iter().map(|column| (dialect.read)(&named(&column.alias, &column.name), column));
    let columns: Vec<String> = columns.collect();
    let (mut sql, parameters) = rows(query, dialect, &columns.join(", "));
    if query.range.distinct {
        let names: Vec<String> = query.columns.iter().map(|column| named(&column.alias, &column.name)).collect();
        sql.push_str(&format!(" GROUP BY {}", names.join(", ")));
    }
    if !query.order.is_empty() {
        let direction = if query.range.backwards { " DESC" } else { "" };
        let order = query.order.iter().map(|column| format!("{}{direction}", named(&column.alias, &column.name)));
        sql.push_str(&format!(" ORDER BY {}", order.collect::<Vec<_>>().join(", ")));
    }
    sql.push_str(&format!(" LIMIT {}", query.limit));
    Statement { sql, parameters }
}

/// Returns the statement that reads the columns of all rows as they are, in no order.
pub(crate) fn bare_select(query: &RowsQuery, dialect: &Dialect) -> Statement {
    let columns = query.columns.iter().map(|column| named(&column.alias, &column.name));
    let (sql, parameters) = rows(query, dialect, &columns.collect::<Vec<_>>().join(", "));
    Statement { sql, parameters }
}

/// Returns the statement that counts the rows.
pub(crate) fn count(query: &RowsQuery, dialect: &Dialect) -> Statement {
    let (sql, parameters) = rows(query, dialect, "count(*)");
    Statement { sql, parameters }
}

fn rows(query: &RowsQuery, dialect: &Dialect, columns: &str) -> (String, Vec<String>) {
    let table = |name: &str| match query.schema.as_str() {
        "" => quoted(name),
        schema => format!("{}.{}", quoted(schema), quoted(name)),
    };
    let mut sql = format!("SELECT {columns} FROM {} {}", table(&query.from), quoted(&query.alias));
    for join in &query.joins {
        let on = |alias: &str| -> String {
            // Another alias for the joined table itself, where the lowest value is looked for.
            let side = |(of, column): &(String, String)| named(if *of == join.alias { alias } else { of }, column);
            join.on.iter().map(|[left, right]| format!("{} = {}", side(left), side(right))).collect::<Vec<_>>().join(" AND ")
        };
        sql.push_str(&format!(" JOIN {} {} ON {}", table(&join.table), quoted(&join.alias), on(&join.alias)));
        if let Some(first_by) = &join.first_by {
            let other = format!("{} of", join.alias);
            let (own, lowest) = (named(&join.alias, first_by), named(&other, first_by));
            let (table, on) = (table(&join.table), on(&other));
            sql.push_str(&format!(" AND {own} = (SELECT min({lowest}) FROM {table} {} WHERE {on})", quoted(&other)));
        }
    }
    let mut parameters = Vec::new();
    let mut conditions = Vec::new();
    for (column, test) in &query.conditions {
        conditions.push(condition(&named(&column.alias, &column.name), test, dialect, &mut parameters));
    }
    for one in &query.range.bounds {
        conditions.push(bound(one, dialect, &mut parameters));
    }
    if !conditions.is_empty() {
        sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    (sql, parameters)
}

fn condition(column: &str, test: &QueryTest, dialect: &Dialect, parameters: &mut Vec<String>) -> String {
    let mut equals = |value: &Value| match value {
        Value::Bool(true) => column.to_owned(),
        Value::Bool(false) => format!("NOT {column}"),
        // Digits only: a number that was read as one.
        Value::Number(number) => format!("{column} = {number}"),
        other => {
            parameters.push(other.as_str().unwrap_or_default().to_owned());
            format!("{} = {}", (dialect.as_text)(column), (dialect.placeholder)(parameters.len()))
        }
    };
    match test {
        QueryTest::Is(value) => equals(value),
        QueryTest::IsNot(value) => format!("(({}) IS NOT TRUE)", equals(value)),
        // One list, which a database looks up in an index, however long.
        QueryTest::In(values) if !values.is_empty() && values.iter().all(Value::is_number) => {
            let digits: Vec<String> = values.iter().map(Value::to_string).collect();
            format!("{column} IN ({})", digits.join(", "))
        }
        QueryTest::In(values) => {
            let each: Vec<String> = values.iter().map(equals).collect();
            if each.is_empty() { "1 = 0".to_owned() } else { format!("({})", each.join(" OR ")) }
        }
        QueryTest::SameAs(other) => format!("{column} = {}", named(&other.alias, &other.name)),
    }
}

fn bound(bound: &RowsBound, dialect: &Dialect, parameters: &mut Vec<String>) -> String {
    let columns: Vec<String> = bound.columns.iter().map(|column| named(&column.alias, &column.name)).collect();
    if bound.comparison == Comparison::Present {
        let present: Vec<String> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        return present.join(" AND ");
    }
    if bound.comparison == Comparison::Unplaced {
        let absent: Vec<String> = columns.iter().map(|column| format!("{column} IS NULL")).collect();
        return format!("({})", absent.join(" OR "));
    }
    let values = bound.columns.iter().zip(&bound.values).map(|(column, value)| given(column, value, dialect, parameters));
    let values: Vec<String> = values.collect();
    let operator = bound.comparison.operator();
    match (columns.as_slice(), values.as_slice()) {
        ([column], [value]) => format!("{column} {operator} {value}"),
        _ => format!("({}) {operator} ({})", columns.join(", "), values.join(", ")),
    }
}

/// Returns the expression of a value. Texts are parameters; numbers and bytes are digits only.
fn given(column: &QueryColumn, value: &ForeignValue, dialect: &Dialect, parameters: &mut Vec<String>) -> String {
    let text = match value {
        ForeignValue::Null => return "NULL".to_owned(),
        ForeignValue::Boolean(flag) => return if *flag { "TRUE" } else { "FALSE" }.to_owned(),
        ForeignValue::Integer(number) | ForeignValue::Micros(number) => return number.to_string(),
        // In SQLite, a whole number in digits is compared with all of them, and a float has fewer.
        ForeignValue::Number(digits) if digits.bytes().all(|digit| digit.is_ascii_digit() || digit == b'-') => {
            return format!("{digits}.0");
        }
        ForeignValue::Number(digits) if digits.parse::<f64>().is_ok_and(f64::is_finite) => return digits.to_string(),
        ForeignValue::Bytes(bytes) => {
            return (dialect.bytes)(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        }
        ForeignValue::Number(text) | ForeignValue::Text(text) | ForeignValue::Json(text) => text,
    };
    parameters.push(text.to_string());
    (dialect.given)(&(dialect.placeholder)(parameters.len()), column.class)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Dialect;
    use super::count;
    use super::select;
    use crate::store::foreign::column_class::ColumnClass;
    use crate::store::foreign::rows_query::Comparison;
    use crate::store::foreign::rows_query::QueryColumn;
    use crate::store::foreign::rows_query::QueryJoin;
    use crate::store::foreign::rows_query::QueryTest;
    use crate::store::foreign::rows_query::RowsQuery;
    use crate::store::foreign::rows_query::RowsRange;
    use crate::store::foreign::value::ForeignValue;

    const DIALECT: Dialect = Dialect {
        placeholder: |number| format!("${number}"),
        read: |column, _| column.to_owned(),
        as_text: |column| format!("{column}::text"),
        given: |placeholder, _| format!("{placeholder}::text"),
        bytes: |hex| format!("'\\x{hex}'::bytea"),
    };

    fn column(alias: &str, name: &str) -> QueryColumn {
        QueryColumn { alias: alias.into(), name: name.into(), class: ColumnClass::Text }
    }

    fn query() -> RowsQuery {
        RowsQuery {
            schema: "s\"; --".into(),
            from: "events".into(),
            alias: "e".into(),
            joins: vec![QueryJoin {
                table: "links".into(),
                alias: "l".into(),
                on: vec![[("l".into(), "event_id".into()), ("e".into(), "id".into())]],
                first_by: Some("id".into()),
            }],
            conditions: vec![
                (column("e", "kind"), QueryTest::Is(json!("x' OR 1=1"))),
                (column("e", "n"), QueryTest::IsNot(json!(0))),
                (column("e", "deleted"), QueryTest::In(vec![json!(false)])),
                (column("e", "a"), QueryTest::SameAs(column("e", "b"))),
                (column("e", "n"), QueryTest::In(vec![json!(3), json!(-5)])),
            ],
            unwind: None,
            columns: vec![column("e", "da\"ta")],
            of_document: 0,
            order: vec![column("e", "id")],
            limit: 5,
            range: RowsRange::default(),
        }
    }

    #[test]
    fn names_are_quoted_and_texts_are_parameters() {
        let statement = select(&query(), &DIALECT);
        assert_eq!(
            statement.sql,
            "SELECT \"e\".\"da\"\"ta\" FROM \"s\"\"; --\".\"events\" \"e\" \
             JOIN \"s\"\"; --\".\"links\" \"l\" ON \"l\".\"event_id\" = \"e\".\"id\" \
             AND \"l\".\"id\" = (SELECT min(\"l of\".\"id\") FROM \"s\"\"; --\".\"links\" \"l of\" WHERE \"l of\".\"event_id\" = \"e\".\"id\") \
             WHERE \"e\".\"kind\"::text = $1 AND ((\"e\".\"n\" = 0) IS NOT TRUE) AND (NOT \"e\".\"deleted\") AND \"e\".\"a\" = \"e\".\"b\" \
             AND \"e\".\"n\" IN (3, -5) ORDER BY \"e\".\"id\" LIMIT 5"
        );
        assert_eq!(statement.parameters, ["x' OR 1=1"]);
        assert!(count(&query(), &DIALECT).sql.starts_with("SELECT count(*) FROM "));
    }

    #[test]
    fn bounds_compare_rows_and_their_values_are_parameters_or_digits() {
        let mut query = RowsQuery { conditions: Vec::new(), joins: Vec::new(), ..query() };
        query.range.backwards = true;
        let text = |text: &str| ForeignValue::Text(text.into());
        let query = query.bound(vec![column("e", "kind")], Comparison::Equal, vec![text("x' OR 1=1")]).bound(
            vec![column("e", "a"), column("e", "b"), column("e", "c")],
            Comparison::After,
            vec![text("y"), ForeignValue::Integer(-7), ForeignValue::Bytes(vec![0xab, 1])],
        );
        let statement = select(&query, &DIALECT);
        assert!(
            statement.sql.ends_with(
                " WHERE \"e\".\"kind\" = $1::text AND (\"e\".\"a\", \"e\".\"b\", \"e\".\"c\") > ($2::text, -7, '\\xab01'::bytea) \
                 ORDER BY \"e\".\"id\" DESC LIMIT 5"
            ),
            "{}",
            statement.sql
        );
        assert_eq!(statement.parameters, ["x' OR 1=1", "y"]);
    }
}
