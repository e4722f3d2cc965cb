//! The whole file: its sections, and the text of TOML.

use std::collections::BTreeMap;

use toml_edit::Document;

use crate::store::foreign::Engine;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::events::events;
use crate::store::layout::format::events::number;
use crate::store::layout::format::events::payload;
use crate::store::layout::format::events::time;
use crate::store::layout::format::events::version;
use crate::store::layout::format::names::check_name;
use crate::store::layout::format::origin::Origin;
use crate::store::layout::format::rows::ROWS;
use crate::store::layout::format::rows::rows;
use crate::store::layout::format::rows::schema;
use crate::store::layout::format::rows::table_name;
use crate::store::layout::format::rules;
use crate::store::layout::format::section::Section;
use crate::store::layout::format::section::Source;
use crate::store::layout::format::section::Spanned;
use crate::store::layout::model::Checkpoints;
use crate::store::layout::model::FollowRule;
use crate::store::layout::model::Layout;
use crate::store::layout::model::OneStream;
use crate::store::layout::model::Snapshots;
use crate::store::layout::model::Streams;
use crate::store::layout::table_name::TableName;

const FILE: [&str; 9] = ["title", "engine", "schema", "detect", "events", "one_stream", "streams", "checkpoints", "snapshots"];

/// Parses a layout.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(text: &str, origin: Origin) -> Result<Layout, LayoutError> {
    let source = Source(text);
    let document = Document::parse(text).map_err(|error| source.error(error.span(), error.message().replace('\n', "; ")))?;
    let known: Vec<&str> = FILE.into_iter().chain(["follow"]).collect();
    let file = Section::open(source, "", document.as_table(), None, &known)?;
    let title = file.needed("title", file.text("title")?)?.value.to_owned();
    let engines = [Engine::Postgres, Engine::Sqlite, Engine::Mongodb].map(|engine| (engine.name(), engine));
    let engine = file.needed("engine", file.choice("engine", &engines)?)?;
    if engine != Engine::Postgres && file.has("schema") {
        return Err(file.error_of("schema", format!("{engine} has no schemas")));
    }
    let layout = Layout {
        title,
        engine,
        schema: schema(&file)?,
        detect: detect(&file)?,
        events: events(&file, engine, origin)?,
        one_stream: one_stream(&file, engine)?,
        streams: streams(&file, engine)?,
        checkpoints: checkpoints(&file, engine)?,
        snapshots: snapshots(&file, engine)?,
        follow: follow(&file)?,
    };
    rules::check(&layout, &file)?;
    Ok(layout)
}

fn detect(file: &Section<'_>) -> Result<BTreeMap<TableName, Vec<String>>, LayoutError> {
    let mut found = BTreeMap::new();
    let Some(section) = file.named("detect")? else { return Ok(found) };
    for Spanned { value: key, span } in section.keys() {
        let table = table_name(&section, &Spanned { value: key, span })?;
        let columns = section.texts(key)?.unwrap_or_default();
        for column in &columns {
            check_name(column.value).map_err(|reason| section.error_at(column.span.clone(), reason))?;
        }
        found.insert(table, columns.into_iter().map(|column| column.value.to_owned()).collect());
    }
    Ok(found)
}

fn with_rows<'k>(keys: &[&'k str]) -> Vec<&'k str> {
    ROWS.into_iter().chain(keys.iter().copied()).collect()
}

fn one_stream(file: &Section<'_>, engine: Engine) -> Result<Option<OneStream>, LayoutError> {
    let keys = with_rows(&["parts", "number", "version", "order"]);
    let Some(section) = file.section("one_stream", &keys)? else { return Ok(None) };
    let (rows, scope) = rows(&section, engine, "e")?;
    Ok(Some(OneStream {
        rows,
        parts: scope.columns(&section, "parts")?,
        number: number(&section, &scope)?,
        version: version(&section, &scope, false)?,
        order: scope.column(&section, "order")?,
    }))
}

fn streams(file: &Section<'_>, engine: Engine) -> Result<Option<Streams>, LayoutError> {
    let Some(section) = file.section("streams", &with_rows(&["parts", "version"]))? else { return Ok(None) };
    let (rows, scope) = rows(&section, engine, "s")?;
    let parts = scope.columns(&section, "parts")?;
    let parts = section.needed("parts", (!parts.is_empty()).then_some(parts))?;
    Ok(Some(Streams { rows, parts, version: version(&section, &scope, false)? }))
}

fn checkpoints(file: &Section<'_>, engine: Engine) -> Result<Option<Checkpoints>, LayoutError> {
    let keys = with_rows(&["name", "position", "time", "stream", "category", "type"]);
    let Some(section) = file.section("checkpoints", &keys)? else { return Ok(None) };
    let (rows, scope) = rows(&section, engine, "c")?;
    let name = section.needed("name", scope.column(&section, "name")?)?;
    let (position, time) = (scope.column(&section, "position")?, time(&section, &scope)?);
    if position.is_none() && time.is_none() {
        return Err(section.error("a checkpoint needs a position or a time"));
    }
    let column = |key: &str| scope.column(&section, key);
    let (stream, category, event_type) = (column("stream")?, column("category")?, column("type")?);
    Ok(Some(Checkpoints { rows, name, position, time, stream, category, event_type }))
}

fn snapshots(file: &Section<'_>, engine: Engine) -> Result<Option<Snapshots>, LayoutError> {
    let Some(section) = file.section("snapshots", &with_rows(&["parts", "version", "state"]))? else { return Ok(None) };
    let (rows, scope) = rows(&section, engine, "n")?;
    let parts = scope.columns(&section, "parts")?;
    let state = section.needed("state", section.section("state", &["column", "columns", "as"])?)?;
    Ok(Some(Snapshots {
        parts: section.needed("parts", (!parts.is_empty()).then_some(parts))?,
        version: section.needed("version", version(&section, &scope, false)?)?,
        state: payload(&state, &scope)?,
        rows,
    }))
}

fn follow(file: &Section<'_>) -> Result<Option<FollowRule>, LayoutError> {
    const RULES: [(&str, FollowRule); 5] = [
        ("transactions", FollowRule::Transactions),
        ("commit-order", FollowRule::CommitOrder),
        ("streams", FollowRule::Streams),
        ("change-stream", FollowRule::ChangeStream),
        ("rowid", FollowRule::Rowid),
    ];
    let Some(section) = file.section("follow", &["rule"])? else { return Ok(None) };
    section.needed("rule", section.choice("rule", &RULES)?).map(Some)
}
