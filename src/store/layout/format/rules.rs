//! Rules between the parts of a layout: keys that need or exclude each other.

use crate::store::foreign::Engine;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::section::Section;
use crate::store::layout::model::Events;
use crate::store::layout::model::FollowRule;
use crate::store::layout::model::Layout;
use crate::store::layout::model::Tables;
use crate::store::layout::table_name::TableName;

/// Checks the parts of a layout against each other.
pub(super) fn check(layout: &Layout, file: &Section<'_>) -> Result<(), LayoutError> {
    let events = &layout.events;
    let wrong = |message: &str| Err(file.error_of("events", message));
    placeholder(layout, file)?;
    match (&events.stream, &events.version, &events.unwind) {
        (None, Some(_), _) => return wrong("events.version needs events.stream"),
        (None, _, Some(_)) => return wrong("events.unwind needs events.stream"),
        (Some(_), None, Some(_)) => return wrong("events.unwind needs events.version with first"),
        (Some(_), None, None) if layout.one_stream.as_ref().is_none_or(|one| one.order.is_none() && one.version.is_none()) => {
            return wrong("events.stream needs events.version, or one_stream.order in whose order versions are counted");
        }
        _ => {}
    }
    if events.stream.is_none() && events.position.is_none() {
        return wrong("events need a stream, or a position where the store has no streams");
    }
    if events.stream.is_none() && (layout.one_stream.is_some() || layout.streams.is_some()) {
        return wrong("one_stream and streams need events.stream");
    }
    if events.unwind.is_some() && events.position.is_some() {
        return wrong("events.unwind excludes events.position: the events of a document have no order over all streams");
    }
    rule(layout, file)
}

/// Checks that a placeholder is the same everywhere, and that its meaning is given.
fn placeholder(layout: &Layout, file: &Section<'_>) -> Result<(), LayoutError> {
    let Events { rows, tables, stream, position, .. } = &layout.events;
    let name = rows.from.placeholder();
    let wrong = |message: String| Err(file.error_of("events", message));
    if name.is_some() != tables.is_some() {
        return wrong(match name {
            Some(name) => {
                format!("events.tables is missing: is each table <{name}> a store (\"one\"), or all together (\"all\")?")
            }
            None => "events.tables is for a pattern in events.from, like <app>_events".to_owned(),
        });
    }
    if *tables == Some(Tables::All) && position.is_some() {
        return wrong("several tables have no order over all streams: leave events.position out, or set tables = \"one\"".into());
    }
    for table in layout.tables() {
        if let Some(other) = table.placeholder()
            && name != Some(other)
        {
            return wrong(format!("{table} has the placeholder <{other}>, which events.from lacks"));
        }
    }
    let prefix = stream.as_ref().and_then(|stream| stream.prefix.clone()).map(TableName::new);
    if let Some(other) = prefix.as_ref().and_then(TableName::placeholder)
        && name != Some(other)
    {
        return wrong(format!("events.stream.prefix has the placeholder <{other}>, which events.from lacks"));
    }
    Ok(())
}

fn rule(layout: &Layout, file: &Section<'_>) -> Result<(), LayoutError> {
    let Some(rule) = layout.follow else { return Ok(()) };
    let engine = layout.engine;
    let is_here = match rule {
        FollowRule::Transactions | FollowRule::CommitOrder => engine == Engine::Postgres,
        FollowRule::Rowid => engine == Engine::Sqlite,
        FollowRule::ChangeStream => engine == Engine::Mongodb,
        FollowRule::Streams => true,
    };
    let by_position = matches!(rule, FollowRule::Transactions | FollowRule::CommitOrder | FollowRule::Rowid);
    if !is_here {
        let possible = match engine {
            Engine::Postgres => "transactions, commit-order or streams",
            Engine::Sqlite => "rowid or streams",
            Engine::Mongodb => "change-stream or streams",
        };
        return Err(file.error_of("follow", format!("this rule is not for {engine}; there it is {possible}")));
    }
    if by_position && layout.events.position.is_none() {
        return Err(file.error_of("follow", "this rule needs events.position"));
    }
    if rule == FollowRule::Streams && layout.events.version.is_none() {
        return Err(file.error_of("follow", "this rule needs events.version"));
    }
    Ok(())
}
