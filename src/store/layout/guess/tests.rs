//! Guesses for the shapes of `shapes.txt`, and the effect of rows.

use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignIndex;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::Sample;
use crate::store::foreign::SampleValue;
use crate::store::layout::ColumnRef;
use crate::store::layout::Layout;
use crate::store::layout::fits;
use crate::store::layout::guess::candidates;

const SHAPES: &str = include_str!("shapes.txt");

fn class_of(engine: Engine, kind: &str) -> ColumnClass {
    match (engine, kind) {
        (Engine::Postgres, _) => ColumnClass::of_postgres(kind),
        (Engine::Sqlite, _) => ColumnClass::of_sqlite(kind),
        (Engine::Mongodb, "string") => ColumnClass::Text,
        (Engine::Mongodb, "int" | "long") => ColumnClass::Integer,
        (Engine::Mongodb, "date") => ColumnClass::Instant,
        (Engine::Mongodb, "object") => ColumnClass::Document,
        (Engine::Mongodb, "array") => ColumnClass::Array,
        (Engine::Mongodb, _) => ColumnClass::ObjectId,
    }
}

fn catalog(head: &str, columns: &str, indexes: &str) -> Catalog {
    let (engine, name) = head.split_once(' ').unwrap();
    let engine = [Engine::Postgres, Engine::Sqlite, Engine::Mongodb].into_iter().find(|known| known.name() == engine).unwrap();
    let (schema, name) = name.split_once('.').unwrap_or(("", name));
    let columns = columns.split(", ").map(|column| {
        let (name, kind) = column.split_once(' ').unwrap();
        let counts_up = name.ends_with('+');
        ForeignColumn { name: name.trim_end_matches('+').into(), kind: kind.into(), class: class_of(engine, kind), counts_up }
    });
    let indexes = indexes.split(' ').map(|index| {
        let columns = index.trim_end_matches('!').split('/').map(str::to_owned).collect();
        ForeignIndex { columns, unique: index.ends_with('!') }
    });
    let table = ForeignTable {
        schema: schema.into(),
        name: name.into(),
        is_view: false,
        is_partitioned: false,
        readable: true,
        columns: columns.collect(),
        indexes: indexes.collect(),
    };
    Catalog { engine, has_esctl_store: false, tables: vec![table] }
}

fn names<'c>(columns: impl IntoIterator<Item = &'c ColumnRef>, between: &str) -> String {
    columns.into_iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(between)
}

/// Returns a layout in one line; `unsure` are the keys of which the guess is unsure.
fn in_one_line(layout: &Layout, unsure: &[&str]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |key: &str, value: Option<String>| {
        let mark = if unsure.contains(&key) { "?" } else { "" };
        parts.extend(value.map(|value| format!("{key}{mark} {value}")));
    };
    let events = &layout.events;
    let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    add("position", events.position.as_ref().map(|column| column.name.clone()));
    let stream = events.stream.as_ref().unwrap();
    add("stream", Some(names(&stream.parts, "/")));
    add("key", (!stream.key.is_empty()).then(|| names(&stream.key, "/")));
    let version = events.version.as_ref().unwrap();
    add("version", Some(version.column.as_ref().map_or("(array)".into(), |column| column.name.clone())));
    let json = events.type_name.json.as_ref().map(|key| format!(" json {key}")).unwrap_or_default();
    add("type", Some(format!("{}{json}", events.type_name.column.name)));
    let time = events.time.as_ref();
    add("time", time.map(|time| format!("{} as {}", time.column.name, word(serde_json::to_value(time.form).unwrap()))));
    add("id", events.id.as_ref().map(|column| column.name.clone()));
    let form = |form| match word(serde_json::to_value(form).unwrap()).as_str() {
        "json" | "bson" => String::new(),
        form => format!(" as {form}"),
    };
    add("data", Some(format!("{}{}", names(&events.data.columns, ","), form(events.data.form))));
    let metadata = events.metadata.as_ref().map(|metadata| &metadata.payload);
    add("metadata", metadata.map(|metadata| format!("{}{}", names(&metadata.columns, ","), form(metadata.form))));
    add("client_id", events.client_id.as_ref().map(|column| column.name.clone()));
    let extra: Vec<String> = events.extra.iter().map(|(key, column)| format!("{key}={}", column.name)).collect();
    add("extra", (!extra.is_empty()).then(|| extra.join(",")));
    add("follow", layout.follow.map(|rule| word(serde_json::to_value(rule).unwrap())));
    parts.join(" ")
}

#[test]
fn shapes_of_home_grown_tables_are_guessed() {
    let mut wrong = Vec::new();
    let shapes = SHAPES.split("\n\n").skip(1);
    let mut count = 0;
    for shape in shapes {
        let [head, columns, indexes, expected] = shape.trim().lines().collect::<Vec<_>>()[..] else { panic!("{shape}") };
        let catalog = catalog(head, columns, indexes);
        let found = match candidates(&catalog).pop() {
            None => "nothing".to_owned(),
            Some(guess) => {
                let guessed = guess.finish(&Sample::default(), &[]).unwrap();
                let fit = fits(&guessed.layout, &catalog);
                assert!(fit.len() == 1 && fit[0].is_complete(), "{head}: {fit:?}");
                let unsure: Vec<&str> = guessed.notes.iter().filter(|note| note.unsure).map(|note| note.key).collect();
                in_one_line(&guessed.layout, &unsure)
            }
        };
        count += 1;
        if found != expected {
            wrong.push(format!("{head}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty() && count > 20, "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn guessed(head: &str, columns: &str, indexes: &str, rows: &[&[SampleValue]]) -> (String, Layout) {
    let sample = Sample { rows: rows.iter().map(|row| row.to_vec()).collect() };
    let guessed = candidates(&catalog(head, columns, indexes)).pop().unwrap().finish(&sample, &["a.b".into()]).unwrap();
    (guessed.text, guessed.layout)
}

#[test]
fn rows_show_the_first_version_the_forms_of_values_and_the_keys_of_metadata() {
    let text = |text: &str| SampleValue::Text(text.into());
    let (written, layout) = guessed(
        "sqlite events",
        "seq+ INTEGER, stream TEXT, version INTEGER, type TEXT, data TEXT, meta TEXT, ts INTEGER",
        "seq! stream/version!",
        &[
            // Version, time, data, metadata.
            &[SampleValue::Integer(0), SampleValue::Integer(1_793_000_000_000), text("{}"), text("{\"correlationId\":\"c\"}")],
            &[SampleValue::Integer(1), SampleValue::Integer(1_793_000_000_001), text("[1]"), SampleValue::Null],
        ],
    );
    assert!(!written.contains("unsure:"), "{written}");
    assert!(written.contains("# These look like events as well: a.b."), "{written}");
    assert_eq!(
        in_one_line(&layout, &[]),
        "position seq stream stream version version type type time ts as epoch-ms data data metadata meta follow rowid"
    );
    assert_eq!(layout.events.version.unwrap().first, 0);
    assert_eq!(layout.events.metadata.unwrap().correlation_id.as_deref(), Some("correlationId"));
}

#[test]
fn a_type_inside_the_data_is_found_in_the_rows() {
    let text = |text: &str| SampleValue::Text(text.into());
    let shape = ("postgres h8.events", "stream_id integer, index integer, payload jsonb", "stream_id/index!");
    let (_, layout) = guessed(shape.0, shape.1, shape.2, &[&[SampleValue::Integer(1), text("{\"kind\":\"Opened\",\"n\":1}")]]);
    assert_eq!(layout.events.type_name.json.as_deref(), Some("kind"));
    let (_, layout) = guessed(shape.0, shape.1, shape.2, &[&[SampleValue::Integer(1), text("{\"Opened\":{\"n\":1}}")]]);
    assert!(layout.events.type_name.key && layout.events.data.unwrap);
}

#[test]
fn names_that_a_layout_cannot_hold_are_left_alone() {
    let columns = "id+ bigint, stream_id text, version integer, type text, data jsonb, x\";--_metadata jsonb";
    let (written, layout) = guessed("postgres s.events", columns, "id! stream_id/version!", &[]);
    assert!(layout.events.metadata.is_none() && !written.contains("--"), "{written}");
    let catalog = catalog("postgres s.ev\"e;nts", "stream_id text, version integer, type text, data jsonb", "stream_id/version!");
    assert!(candidates(&catalog).is_empty());
}
