//! The rows of a section: its table, the joined tables and the conditions.

use serde_json::Value as Json;
use toml_edit::Value;

use crate::store::foreign::Engine;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::names::check_name;
use crate::store::layout::format::names::check_table;
use crate::store::layout::format::scope::Scope;
use crate::store::layout::format::section::Section;
use crate::store::layout::format::section::Spanned;
use crate::store::layout::model::Condition;
use crate::store::layout::model::ConditionTest;
use crate::store::layout::model::Join;
use crate::store::layout::model::Rows;
use crate::store::layout::table_name::TableName;

/// The keys of every section with rows.
pub(super) const ROWS: [&str; 4] = ["from", "alias", "join", "where"];
const JOIN: [&str; 4] = ["table", "alias", "on", "first_by"];
const CONDITION: [&str; 5] = ["column", "is", "is_not", "in", "same_as"];

/// Reads the name of a table.
pub(super) fn table_name(section: &Section<'_>, text: &Spanned<&str>) -> Result<TableName, LayoutError> {
    check_table(text.value).map_err(|reason| section.error_at(text.span.clone(), reason))?;
    Ok(TableName::new(text.value.to_owned()))
}

/// Reads the rows of a section, and the scope for its other references. `alias` is the default alias of the table.
pub(super) fn rows(section: &Section<'_>, engine: Engine, alias: &str) -> Result<(Rows, Scope), LayoutError> {
    let from = section.needed("from", section.text("from")?)?;
    let from = table_name(section, &from)?;
    let alias = read_alias(section)?.unwrap_or_else(|| alias.to_owned());
    let mut scope = Scope { engine, aliases: vec![alias.clone()] };
    if engine == Engine::Mongodb {
        for key in ["alias", "join"] {
            if section.has(key) {
                let message = format!("{} is for SQL; a layout for MongoDB reads one collection", section.path(key));
                return Err(section.error_of(key, message));
            }
        }
    }
    let joined = section.sections("join", &JOIN)?;
    for table in &joined {
        let alias = table.needed("alias", read_alias(table)?)?;
        if scope.aliases.contains(&alias) {
            return Err(table.error_of("alias", format!("the alias {alias} is used twice")));
        }
        scope.aliases.push(alias);
    }
    let join =
        joined.iter().zip(&scope.aliases[1..]).map(|(table, alias)| join(table, &scope, alias)).collect::<Result<_, _>>()?;
    let conditions = section.sections("where", &CONDITION)?;
    let conditions = conditions.iter().map(|table| condition(table, &scope)).collect::<Result<_, _>>()?;
    Ok((Rows { from, alias, join, conditions }, scope))
}

fn read_alias(section: &Section<'_>) -> Result<Option<String>, LayoutError> {
    let Some(text) = section.text("alias")? else { return Ok(None) };
    let is_word = text.value.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        return Err(section.error_at(text.span, "an alias has letters, digits and _, and begins with a letter"));
    }
    Ok(Some(text.value.to_owned()))
}

fn join(table: &Section<'_>, scope: &Scope, alias: &str) -> Result<Join, LayoutError> {
    let name = table.needed("table", table.text("table")?)?;
    let expected = || table.error_of("on", "on must be pairs of columns, like [[\"a.id\", \"e.id\"]]");
    let pairs = table.needed("on", table.values("on")?)?;
    let mut on = Vec::new();
    for pair in pairs {
        let texts = pair.as_array().ok_or_else(expected)?;
        let columns = texts.iter().map(|text| {
            let value = text.as_str().ok_or_else(expected)?;
            scope.reference(table, &Spanned { value, span: text.span() })
        });
        let columns: Vec<ColumnRef> = columns.collect::<Result<_, _>>()?;
        let pair: [ColumnRef; 2] = columns.try_into().map_err(|_| expected())?;
        if !pair.iter().any(|column| column.alias == alias) {
            return Err(table.error_of("on", format!("no column of this pair is of the joined table {alias}")));
        }
        on.push(pair);
    }
    if on.is_empty() {
        return Err(expected());
    }
    Ok(Join { table: table_name(table, &name)?, alias: alias.to_owned(), on, first_by: scope.column(table, "first_by")? })
}

/// Reads a condition: a column and one test.
pub(super) fn condition(table: &Section<'_>, scope: &Scope) -> Result<Condition, LayoutError> {
    let column = table.needed("column", scope.column(table, "column")?)?;
    let tests: Vec<&str> = CONDITION[1..].iter().copied().filter(|key| table.has(key)).collect();
    let [test] = tests[..] else {
        return Err(table.error("a condition has a column and one of is, is_not, in, same_as"));
    };
    let value = |value: &Value| {
        json(value).ok_or_else(|| table.error_of(test, "a condition compares with a text, a whole number, true or false"))
    };
    let test = match test {
        "is" => ConditionTest::Is(value(table.needed("is", table.value("is")?)?)?),
        "is_not" => ConditionTest::IsNot(value(table.needed("is_not", table.value("is_not")?)?)?),
        "in" => ConditionTest::In(table.values("in")?.unwrap_or_default().into_iter().map(value).collect::<Result<_, _>>()?),
        _ => ConditionTest::SameAs(table.needed("same_as", scope.column(table, "same_as")?)?),
    };
    Ok(Condition { column, test })
}

/// The keys of a condition.
pub(super) fn condition_section<'a>(section: &Section<'a>, key: &str) -> Result<Option<Section<'a>>, LayoutError> {
    section.section(key, &CONDITION)
}

fn json(value: &Value) -> Option<Json> {
    match value {
        Value::String(text) => Some(text.value().as_str().into()),
        Value::Integer(number) => Some((*number.value()).into()),
        Value::Boolean(flag) => Some((*flag.value()).into()),
        _ => None,
    }
}

/// Reads the name of a schema.
pub(super) fn schema(section: &Section<'_>) -> Result<Option<String>, LayoutError> {
    let Some(text) = section.text("schema")? else { return Ok(None) };
    check_name(text.value).map_err(|reason| section.error_at(text.span.clone(), reason))?;
    Ok(Some(text.value.to_owned()))
}
