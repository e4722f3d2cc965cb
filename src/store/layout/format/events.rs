//! The section `[events]`, and the parts of it that other sections have as well.

use std::collections::BTreeMap;

use crate::store::foreign::Engine;
use crate::store::layout::column_ref::ColumnRef;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::names::check_name;
use crate::store::layout::format::names::check_path;
use crate::store::layout::format::origin::Origin;
use crate::store::layout::format::rows::ROWS;
use crate::store::layout::format::rows::condition;
use crate::store::layout::format::rows::condition_section;
use crate::store::layout::format::rows::rows;
use crate::store::layout::format::scope::Scope;
use crate::store::layout::format::section::Section;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::Events;
use crate::store::layout::model::Metadata;
use crate::store::layout::model::Payload;
use crate::store::layout::model::StreamKey;
use crate::store::layout::model::StreamNumber;
use crate::store::layout::model::Tables;
use crate::store::layout::model::Time;
use crate::store::layout::model::TimeForm;
use crate::store::layout::model::TypeName;
use crate::store::layout::model::Version;

/// The keys of `[events]` besides those of rows.
const EVENTS: [&str; 15] = [
    "tables",
    "unwind",
    "position",
    "stream",
    "version",
    "type",
    "time",
    "id",
    "data",
    "metadata",
    "correlation_id",
    "causation_id",
    "client_id",
    "extra",
    "hidden",
];
const STREAM: [&str; 7] = ["prefix", "parts", "separator", "key", "number", "category_separator", "category_function"];
const PAYLOAD: [&str; 5] = ["column", "columns", "as", "unwrap", "optional"];

/// Reads `[events]`.
pub(super) fn events(file: &Section<'_>, engine: Engine, origin: Origin) -> Result<Events, LayoutError> {
    let known: Vec<&str> = ROWS.into_iter().chain(EVENTS).collect();
    let section = file.needed("[events]", file.section("events", &known)?)?;
    let (rows, scope) = rows(&section, engine, "e")?;
    let data = section.needed("data", section.section("data", &PAYLOAD)?)?;
    let (position, first_position) = position(&section, &scope)?;
    Ok(Events {
        tables: section.choice("tables", &[("one", Tables::One), ("all", Tables::All)])?,
        unwind: unwind(&section, engine)?,
        position,
        first_position,
        stream: stream(&section, &scope, origin)?,
        version: version(&section, &scope, section.has("unwind"))?,
        type_name: type_name(&section, &scope)?,
        time: time(&section, &scope)?,
        id: scope.column(&section, "id")?,
        data: payload(&data, &scope)?,
        metadata: metadata(&section, &scope)?,
        correlation_id: scope.column(&section, "correlation_id")?,
        causation_id: scope.column(&section, "causation_id")?,
        client_id: scope.column(&section, "client_id")?,
        extra: extra(&section, &scope)?,
        hidden: match condition_section(&section, "hidden")? {
            Some(table) => Some(condition(&table, &scope)?),
            None => None,
        },
        rows,
    })
}

/// Reads the position, and the lowest one.
fn position(section: &Section<'_>, scope: &Scope) -> Result<(Option<ColumnRef>, i64), LayoutError> {
    if !section.has("position") || matches!(section.text("position"), Ok(Some(_))) {
        return Ok((scope.column(section, "position")?, 1));
    }
    let Some(table) = section.section("position", &["column", "optional", "first"])? else { return Ok((None, 1)) };
    let first = table.number("first")?.unwrap_or(1);
    if ![0, 1].contains(&first) {
        return Err(table.error_of("first", "first is the lowest position that the store gives out: 0 or 1"));
    }
    Ok((Some(scope.column_of(&table)?), first))
}

fn unwind(section: &Section<'_>, engine: Engine) -> Result<Option<String>, LayoutError> {
    let Some(text) = section.text("unwind")? else { return Ok(None) };
    if engine != Engine::Mongodb {
        let message = format!("{} is for MongoDB, and this layout is for {engine}", section.path("unwind"));
        return Err(section.error_at(text.span, message));
    }
    check_path(text.value).map_err(|reason| section.error_at(text.span.clone(), reason))?;
    Ok(Some(text.value.to_owned()))
}

fn stream(section: &Section<'_>, scope: &Scope, origin: Origin) -> Result<Option<StreamKey>, LayoutError> {
    let Some(table) = section.section("stream", &STREAM)? else { return Ok(None) };
    let parts = scope.columns(&table, "parts")?;
    let own = |key: &str| Ok::<_, LayoutError>(table.text(key)?.map(|text| text.value.to_owned()));
    let category_function = own("category_function")?;
    if let Some(function) = &category_function {
        if origin != Origin::BuiltIn {
            return Err(table.error_of("category_function", "only a built-in layout names a function of its library"));
        }
        check_name(function).map_err(|reason| table.error_of("category_function", reason))?;
    }
    Ok(Some(StreamKey {
        prefix: own("prefix")?,
        parts: table.needed("parts", (!parts.is_empty()).then_some(parts))?,
        separator: own("separator")?.unwrap_or_else(|| "-".to_owned()),
        key: scope.columns(&table, "key")?,
        number: number(&table, scope)?,
        category_separator: own("category_separator")?,
        category_function,
    }))
}

/// Reads the number in place of the name of a stream.
pub(super) fn number(section: &Section<'_>, scope: &Scope) -> Result<Option<StreamNumber>, LayoutError> {
    let Some(table) = section.section("number", &["column", "key"])? else { return Ok(None) };
    let column = table.needed("column", scope.column(&table, "column")?)?;
    let key = table.needed("key", scope.column(&table, "key")?)?;
    let from = scope.aliases.first().map_or("", String::as_str);
    if column.alias == key.alias || (column.alias != from && key.alias != from) {
        let message = format!("number.column is of the table {from}, and number.key of the joined table with the names");
        return Err(table.error(message));
    }
    Ok(Some(StreamNumber { column, key }))
}

/// Reads a version. Without a column it is the place in an array, where there is one.
pub(super) fn version(section: &Section<'_>, scope: &Scope, in_array: bool) -> Result<Option<Version>, LayoutError> {
    let Some(table) = section.section("version", &["column", "first"])? else { return Ok(None) };
    let column = scope.column(&table, "column")?;
    if in_array && column.is_some() {
        return Err(table.error_of("column", "with unwind, the version is the place in the array: leave the column out"));
    }
    let column = if in_array { None } else { Some(table.needed("column", column)?) };
    let first = table.needed("first", table.number("first")?)?;
    if ![0, 1].contains(&first) {
        return Err(table.error_of("first", "first is the version of a stream's first event: 0 or 1"));
    }
    Ok(Some(Version { column, first }))
}

fn type_name(section: &Section<'_>, scope: &Scope) -> Result<TypeName, LayoutError> {
    let whole = |column: ColumnRef| TypeName { column, json: None, key: false, after: None };
    if let Ok(Some(text)) = section.text("type") {
        return scope.reference(section, &text).map(whole);
    }
    let table = section.needed("type", section.section("type", &["column", "json", "key", "after"])?)?;
    let given = ["json", "key", "after"].into_iter().filter(|key| table.has(key)).count();
    if given > 1 {
        return Err(table.error("json, key and after exclude each other: give one of them"));
    }
    let text = |key: &str| Ok::<_, LayoutError>(table.text(key)?.map(|text| text.value.to_owned()));
    Ok(TypeName {
        json: text("json")?,
        key: table.flag("key")?.unwrap_or(false),
        after: text("after")?,
        ..whole(scope.column_of(&table)?)
    })
}

/// Reads a time.
pub(super) fn time(section: &Section<'_>, scope: &Scope) -> Result<Option<Time>, LayoutError> {
    const FORMS: [(&str, TimeForm); 8] = [
        ("timestamptz", TimeForm::Timestamptz),
        ("utc", TimeForm::Utc),
        ("epoch-s", TimeForm::EpochS),
        ("epoch-ms", TimeForm::EpochMs),
        ("epoch-us", TimeForm::EpochUs),
        ("rfc3339", TimeForm::Rfc3339),
        ("date", TimeForm::Date),
        ("objectid", TimeForm::Objectid),
    ];
    let Some(table) = section.section("time", &["column", "as", "path"])? else { return Ok(None) };
    let form = table.choice("as", &FORMS)?;
    let form = match (form, scope.engine) {
        (None, Engine::Mongodb) => TimeForm::Date,
        (form, _) => table.needed("as", form)?,
    };
    let (only, is_here) = match form {
        TimeForm::Timestamptz => (Engine::Postgres, scope.engine == Engine::Postgres),
        TimeForm::Date | TimeForm::Objectid => (Engine::Mongodb, scope.engine == Engine::Mongodb),
        TimeForm::Utc => (Engine::Postgres, scope.engine != Engine::Mongodb),
        _ => (scope.engine, true),
    };
    if !is_here {
        let message = format!("this form of a time is for {only}, and this layout is for {}", scope.engine);
        return Err(table.error_of("as", message));
    }
    let path = table.texts("path")?.unwrap_or_default();
    let path = path.iter().map(|key| key.value.to_owned()).collect();
    Ok(Some(Time { column: scope.column_of(&table)?, form, path }))
}

/// Reads data from an opened table.
pub(super) fn payload(table: &Section<'_>, scope: &Scope) -> Result<Payload, LayoutError> {
    const FORMS: [(&str, DataForm); 5] = [
        ("json", DataForm::Json),
        ("text", DataForm::Text),
        ("bytes", DataForm::Bytes),
        ("large-object", DataForm::LargeObject),
        ("bson", DataForm::Bson),
    ];
    let form = table.choice("as", &FORMS)?;
    let is_mongo = scope.engine == Engine::Mongodb;
    let form = form.unwrap_or(if is_mongo { DataForm::Bson } else { DataForm::Json });
    let only = match form {
        DataForm::LargeObject if scope.engine != Engine::Postgres => Some(Engine::Postgres),
        DataForm::Bson if !is_mongo => Some(Engine::Mongodb),
        _ => None,
    };
    if let Some(only) = only {
        return Err(table.error_of("as", format!("this form is for {only}, and this layout is for {}", scope.engine)));
    }
    let is_object = table.has("columns");
    if is_object == table.has("column") {
        return Err(table.error("one of column and columns is needed, and not both"));
    }
    let columns = if is_object { scope.columns(table, "columns")? } else { vec![scope.column_of(table)?] };
    Ok(Payload { columns, is_object, form, unwrap: table.flag("unwrap")?.unwrap_or(false) })
}

fn metadata(section: &Section<'_>, scope: &Scope) -> Result<Option<Metadata>, LayoutError> {
    const KEYS: [&str; 3] = ["correlation_id", "causation_id", "client_id"];
    let known: Vec<&str> = PAYLOAD.into_iter().chain(KEYS).collect();
    let Some(table) = section.section("metadata", &known)? else { return Ok(None) };
    for key in KEYS {
        if table.has(key) && section.has(key) {
            return Err(table.error_of(key, format!("{key} is both a key of the metadata and a column; give one of the two")));
        }
    }
    let text = |key: &str| Ok::<_, LayoutError>(table.text(key)?.map(|text| text.value.to_owned()));
    Ok(Some(Metadata {
        payload: payload(&table, scope)?,
        correlation_id: text("correlation_id")?,
        causation_id: text("causation_id")?,
        client_id: text("client_id")?,
    }))
}

fn extra(section: &Section<'_>, scope: &Scope) -> Result<BTreeMap<String, ColumnRef>, LayoutError> {
    let Some(table) = section.named("extra")? else { return Ok(BTreeMap::new()) };
    let mut extra = BTreeMap::new();
    for key in table.keys() {
        if let Some(column) = scope.column(&table, key.value)? {
            extra.insert(key.value.to_owned(), column);
        }
    }
    Ok(extra)
}
