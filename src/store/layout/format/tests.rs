//! Valid layouts, and mistakes with their places.

use crate::store::layout::ConditionTest;
use crate::store::layout::LayoutError;
use crate::store::layout::Origin;
use crate::store::layout::parse;

const HEAD: &str = "title = \"t\"\nengine = \"postgres\"\n";
const EVENTS: &str = "[events]\nfrom = \"events\"\nstream = { parts = [\"stream\"] }\nversion = { column = \"v\", first = 1 }\n\
                      type = \"type\"\ndata = { column = \"data\" }\n";

fn broken(text: &str) -> LayoutError {
    parse(text, Origin::User).expect_err(text)
}

#[test]
fn a_short_layout_is_enough() {
    let layout = parse(&format!("{HEAD}{EVENTS}"), Origin::User).unwrap();
    assert_eq!(layout.events.version.unwrap().column.unwrap().to_string(), "e.v");
    assert_eq!(layout.events.stream.unwrap().separator, "-");
}

#[test]
fn a_column_may_be_text_or_a_table_and_conditions_a_table_or_a_list() {
    let text = format!(
        "{HEAD}{EVENTS}id = {{ column = \"e.id\", optional = true }}\nposition = \"e.odd name\"\n\
         where = [{{ column = \"kind\", in = [\"a\", \"b\"] }}, {{ column = \"e.x\", is_not = 3 }}]\n"
    );
    let events = parse(&text, Origin::User).unwrap().events;
    assert!(events.id.unwrap().optional);
    assert_eq!(events.position.unwrap().name, "odd name");
    assert_eq!(events.rows.conditions[1].test, ConditionTest::IsNot(3.into()));
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_key() {
    let error = broken(&format!("{HEAD}{EVENTS}versoin = 1\n"));
    assert_eq!((error.line, error.column, error.word.as_str()), (9, 1, "versoin"));
    assert!(error.candidates.contains(&"version".to_owned()), "{error:?}");
    let error = broken(&format!("{HEAD}[event]\nfrom = \"x\"\n"));
    assert_eq!((error.line, error.column), (3, 2), "{error:?}");
    let error = broken(&format!("{HEAD}[events]\nstream = {{ partz = [\"a\"] }}\nfrom = \"x\"\ndata = {{ column = \"d\" }}\n"));
    assert_eq!((error.line, error.column, error.word.as_str()), (4, 12, "partz"));
    let error = broken("title = \"t\"\nengine = \"postgresql\"\n");
    assert_eq!((error.line, error.column, error.word.as_str()), (2, 10, "postgresql"));
    assert_eq!(error.candidates, ["postgres", "sqlite", "mongodb"]);
    // Text that is not TOML.
    let error = broken("title = \"t\"\nengine = postgres\n");
    assert_eq!(error.line, 2, "{error:?}");
}

/// Each line replaces or follows a part of a valid layout.
#[test]
fn mistakes_are_explained() {
    let with = |line: &str| format!("{HEAD}{EVENTS}{line}\n");
    let instead = |key: &str, line: &str| {
        let lines: Vec<&str> = EVENTS.lines().map(|old| if old.starts_with(key) { line } else { old }).collect();
        format!("{HEAD}{}\n", lines.join("\n"))
    };
    let sqlite = |line: &str| with(line).replace("\"postgres\"", "\"sqlite\"");
    let mongo = |line: &str| with(line).replace("\"postgres\"", "\"mongodb\"");
    for (text, part) in [
        (instead("from", ""), "from is missing in events"),
        (instead("data", ""), "data is missing in events"),
        (instead("type", ""), "type is missing in events"),
        (instead("version", ""), "events.stream needs events.version"),
        (instead("version", "version = \"v\""), "events.version must be a table"),
        (instead("version", "version = { column = \"v\" }"), "first is missing in events.version"),
        (instead("version", "version = { column = \"v\", first = 2 }"), "0 or 1"),
        (instead("version", "version = { column = \"v\", first = \"1\" }"), "must be a whole number"),
        (instead("type", "type = { column = \"t\", key = true, after = \":\" }"), "exclude each other"),
        (instead("data", "data = { column = \"a\", columns = [\"b\"] }"), "and not both"),
        (instead("stream", "stream = { parts = [] }"), "parts is empty"),
        (instead("stream", "stream = { parts = [\"x.a\"] }"), "names the alias x"),
        (instead("stream", "stream = { parts = [\"a\"], category_function = \"f\" }"), "only a built-in layout"),
        (with("time = { column = \"t\" }"), "as is missing in events.time"),
        (with("time = { column = \"t\", as = \"utcc\" }"), "one of timestamptz, utc"),
        (with("time = { column = \"t\", as = \"objectid\" }"), "for MongoDB, and this layout is for PostgreSQL"),
        (with("unwind = \"messages\""), "for MongoDB, and this layout is for PostgreSQL"),
        (with("metadata = { column = \"m\", correlation_id = \"c\" }\ncorrelation_id = \"c\""), "give one of the two"),
        (with("tables = \"one\""), "for a pattern in events.from"),
        (instead("from", "from = \"<app>_events\""), "events.tables is missing"),
        (instead("from", "from = \"<app>_events\"\ntables = \"all\"\nposition = \"p\""), "no order over all streams"),
        (with("[streams]\nfrom = \"<x>_streams\"\nparts = [\"s.id\"]"), "placeholder <x>"),
        (with("[follow]\nrule = \"rowid\""), "not for PostgreSQL"),
        (with("[follow]\nrule = \"transactions\""), "needs events.position"),
        (with("[checkpoints]\nfrom = \"c\"\nname = \"c.name\""), "needs a position or a time"),
        (
            sqlite("schema = \"x\"").replace("[events]", "schema = \"x\"\n[events]").replace("\nschema = \"x\"\n\n", "\n"),
            "SQLite has no schemas",
        ),
        (sqlite("time = { column = \"t\", as = \"timestamptz\" }"), "for PostgreSQL, and this layout is for SQLite"),
        (mongo("join = { table = \"a\", alias = \"b\", on = [[\"a.x\", \"b.y\"]] }"), "join is for SQL"),
        (mongo("id = \"$where\""), "does not begin with $"),
        (mongo("time = { column = \"t\", as = \"utc\" }"), "for PostgreSQL"),
    ] {
        let error = broken(&text);
        assert!(error.message.contains(part), "{text}\n{error:?}");
        assert!(error.line > 0 && error.column > 0, "{error:?}");
    }
}

/// No text of a layout is ever SQL: it is a name that is quoted, a value that is bound, or an error.
#[test]
fn sql_is_refused_wherever_a_name_is_expected() {
    let statements = [
        "v; DROP TABLE events",
        "v\" FROM pg_user --",
        "v -- comment",
        "v /* comment */",
        "count(*)",
        "(SELECT 1)",
        "v::text",
        "a || b",
        "1=1 OR 'x'",
        "v\u{1}",
        "",
        " v",
    ];
    for sql in statements {
        let sql = serde_json::to_string(sql).unwrap();
        for line in [
            format!("position = {sql}"),
            format!("id = {{ column = {sql} }}"),
            format!("extra = {{ x = {sql} }}"),
            format!("where = {{ column = {sql}, is = 1 }}"),
            format!("hidden = {{ column = \"h\", same_as = {sql} }}"),
            format!("[[events.join]]\ntable = {sql}\nalias = \"j\"\non = [[\"j.a\", \"e.a\"]]"),
            format!("[[events.join]]\ntable = \"t\"\nalias = \"j\"\non = [[{sql}, \"j.a\"]]"),
            format!("[streams]\nfrom = {sql}\nparts = [\"a\"]"),
            format!("[streams]\nfrom = \"s\"\nparts = [{sql}]"),
        ] {
            let error = parse(&format!("{HEAD}{EVENTS}{line}\n"), Origin::User);
            assert!(error.is_err(), "{line} is accepted: {error:?}");
        }
    }
    for line in ["where = \"1=1\"", "where = [\"1=1\"]", "hidden = \"NOT e.deleted\"", "join = \"streams s ON true\""] {
        let error = broken(&format!("{HEAD}{EVENTS}{line}\n"));
        assert!(error.message.contains("no SQL"), "{line}: {error:?}");
    }
}
