//! Streams whose columns hold values of several types, or whose names are shown alike.

use serde_json::Value;
use serde_json::json;

use crate::layout::stores::Foreign;

fn layout(parts: &str) -> String {
    format!(
        "title = \"t\"\nengine = \"sqlite\"\n[events]\nfrom = \"ev\"\nstream = {{ parts = [{parts}] }}\n\
         version = {{ column = \"v\", first = 1 }}\ntype = \"t\"\ndata = {{ column = \"d\" }}\n"
    )
}

/// Returns the names of a list, over all of its pages of this size.
fn names(foreign: &Foreign, layout: &str, limit: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut args = vec!["stream", "list", "--limit", limit];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page = foreign.read(layout, &args);
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap().to_owned()));
        assert!(found.len() < 50, "the list does not end: {found:?}");
        let Some(next) = page["next"].as_str() else { return found };
        after = Some(next.to_owned());
    }
}

#[test]
fn a_column_with_values_of_several_types_is_listed_once_and_each_stream_is_read() {
    for kind in ["INTEGER", ""] {
        let foreign = Foreign::sqlite(&format!(
            "CREATE TABLE ev (s {kind}, v INTEGER, t TEXT, d TEXT, UNIQUE (s, v));
             INSERT INTO ev VALUES (7, 1, 'A', '{{}}'), (7, 2, 'A', '{{}}'), ('abc', 1, 'A', '{{}}'), (7.5, 1, 'A', '{{}}'),
                (1e18 + 1e30, 1, 'A', '{{}}'), (x'fffe', 1, 'A', '{{}}')"
        ));
        let layout = foreign.file("ev.toml", &layout("\"s\""));
        let expected = ["7", "7.5", "1000000000001000000000000000000", "abc", "fffe"];
        for limit in ["1", "2", "9"] {
            assert_eq!(names(&foreign, &layout, limit), expected, "{kind} {limit}");
        }
        let stats = foreign.read(&layout, &["stats"]);
        assert_eq!((&stats["events"], &stats["streams"]), (&json!(6), &json!(5)), "{kind}");
        let of_category = foreign.read(&layout, &["stream", "list", "--category", "nope"]);
        assert_eq!(of_category["items"], json!([]));
        for (name, count) in [("7", 2), ("7.5", 1), ("abc", 1), ("fffe", 1)] {
            let events = foreign.read(&layout, &["stream", "read", name]);
            assert_eq!(events["items"].as_array().unwrap().len(), count, "{kind} {name}");
        }
    }
}

#[test]
fn a_name_that_several_streams_have_is_refused_and_lists_go_on_behind_each_of_them() {
    let rows = (0..520).map(|number| format!("('A', 's{number}', 1, 'T', '{{}}'), ")).collect::<String>();
    let foreign = Foreign::sqlite(&format!(
        "CREATE TABLE ev (a TEXT, b TEXT, v INTEGER, t TEXT, d TEXT, PRIMARY KEY (a, b, v)) WITHOUT ROWID;
         INSERT INTO ev VALUES {rows}('a', 'b-c', 1, 'T', '{{}}'), ('a-b', 'c', 1, 'T', '{{}}'), ('z', '1', 1, 'T', '{{}}')"
    ));
    let layout = foreign.file("ev.toml", &layout("\"a\", \"b\""));
    let stats = foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["events"], &stats["streams"]), (&json!(523), &json!(523)));
    let (code, error) = foreign.refused(&layout, &["stream", "read", "a-b-c"]);
    assert!(code == 8 && error["message"].as_str().unwrap().contains("2 streams have the name a-b-c"), "{error}");
    let (code, error) = foreign.refused(&layout, &["stream", "list", "--limit", "1", "--after", "a-b-c"]);
    assert!(code == 8 && error["message"].as_str().unwrap().contains("cannot go on after it"), "{error}");
    assert_eq!(foreign.read(&layout, &["stream", "list"])["items"].as_array().unwrap().len(), 523);
    // The border of the first page of statistics, and of the list, is between the two.
    for kept in [499, 999] {
        let foreign = Foreign::sqlite(&format!(
            "CREATE TABLE ev (a TEXT, b TEXT, v INTEGER, t TEXT, d TEXT, PRIMARY KEY (a, b, v)) WITHOUT ROWID;
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {kept})
             INSERT INTO ev SELECT 'A', 's' || i, 1, 'T', '{{}}' FROM n;
             INSERT INTO ev VALUES ('a', 'b-c', 1, 'T', '{{}}'), ('a-b', 'c', 1, 'T', '{{}}'), ('z', '1', 1, 'T', '{{}}')"
        ));
        std::fs::copy(&layout, foreign.esctl.path("ev.toml")).unwrap();
        let path = foreign.esctl.path("ev.toml").display().to_string();
        assert_eq!(foreign.read(&path, &["stats"])["streams"], json!(kept + 3));
        assert_eq!(foreign.read(&path, &["stream", "list"])["items"].as_array().unwrap().len(), kept + 3);
    }
}

#[test]
fn a_text_and_a_number_that_are_shown_alike_are_two_streams() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE ev (s, v INTEGER, t TEXT, d TEXT);
         INSERT INTO ev VALUES (7, 1, 'A', '{}'), ('7', 1, 'B', '{}'), (8, 1, 'C', '{}'), (9.0, 1, 'D', '{}'), (9, 2, 'E', '{}')",
    );
    let layout = foreign.file("ev.toml", &layout("\"s\""));
    let (code, error) = foreign.refused(&layout, &["stream", "read", "7"]);
    assert!(code == 8 && error["message"].as_str().unwrap().contains("2 streams have the name 7"), "{error}");
    for (name, expected) in [("8", 1), ("9", 2)] {
        assert_eq!(foreign.read(&layout, &["stream", "read", name])["items"].as_array().unwrap().len(), expected, "{name}");
    }
    let stats = foreign.read(&layout, &["stats"]);
    assert_eq!((&stats["events"], &stats["streams"]), (&json!(5), &json!(4)));
}

#[test]
fn a_name_with_many_separators_is_found_or_refused() {
    let [many, too_many] = [70, 1500].map(|count| vec!["x"; count].join("-"));
    let foreign = Foreign::sqlite(&format!(
        "CREATE TABLE ev (a TEXT, b TEXT, v INTEGER, t TEXT, d TEXT);
         INSERT INTO ev VALUES ('{many}', '9', 1, 'T', '{{}}'), ('{too_many}', '9', 1, 'T', '{{}}')"
    ));
    let layout = foreign.file("ev.toml", &layout("\"a\", \"b\""));
    let events = foreign.read(&layout, &["stream", "read", &format!("{many}-9")]);
    assert_eq!(events["items"].as_array().map(Vec::len), Some(1));
    let (code, error): (i32, Value) = foreign.refused(&layout, &["stream", "read", &format!("{too_many}-9")]);
    assert!(code == 2 && !error["message"].as_str().unwrap().contains("there is no stream"), "{error}");
}

#[test]
fn an_event_is_traced_by_the_id_that_its_own_store_gave_it() {
    let foreign = Foreign::sqlite(
        "CREATE TABLE ev (s TEXT, v INTEGER, t TEXT, d TEXT, id TEXT, c TEXT);
         INSERT INTO ev VALUES ('a', 1, 'A', '{}', '00000000-0000-4000-8000-00000000000A', NULL), ('a', 2, 'B', '{}', 'msg-2', NULL)",
    );
    let text = layout("\"s\"").replace("data =", "id = { column = \"id\" }\ncorrelation_id = \"c\"\ndata =");
    let layout = foreign.file("ev.toml", &text);
    for (id, kind) in [("msg-2", "B"), ("00000000-0000-4000-8000-00000000000a", "A")] {
        let trace = foreign.read(&layout, &["trace", id]);
        assert_eq!(trace["items"][0]["type"], json!(kind), "{id}: {trace}");
    }
    let (code, error) = foreign.refused(&layout, &["trace", "msg-3"]);
    assert_eq!(code, 3, "{error}");
}

#[test]
fn a_list_warns_once_where_no_index_finds_a_stream() {
    for (unique, warned) in [("", true), (", UNIQUE (s, v)", false)] {
        let foreign = Foreign::sqlite(&format!(
            "CREATE TABLE ev (s TEXT, v INTEGER, t TEXT, d TEXT{unique}); INSERT INTO ev VALUES ('a', 1, 'A', '{{}}')"
        ));
        let layout = foreign.file("ev.toml", &layout("\"s\""));
        let (code, _, error) = foreign.run(&["--layout", &layout, "stream", "list"]);
        assert_eq!((code, error.contains("an index over s, v helps")), (0, warned), "{error}");
    }
}
