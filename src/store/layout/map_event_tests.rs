//! Rows of several layouts, and the events that they are.

use serde_json::Value;
use serde_json::json;

use crate::store::foreign::Catalog;
use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::foreign::ForeignIndex;
use crate::store::foreign::ForeignTable;
use crate::store::foreign::ForeignValue;
use crate::store::layout::EventMapper;
use crate::store::layout::EventPlan;
use crate::store::layout::Layout;
use crate::store::layout::Origin;
use crate::store::layout::built_in;
use crate::store::layout::parse;

/// Returns a catalog with one table that has these columns. Each is of the class of its value.
fn catalog(engine: Engine, table: &str, row: &[(&str, ForeignValue)]) -> Catalog {
    let class = |value: &ForeignValue| match value {
        ForeignValue::Boolean(_) => ColumnClass::Boolean,
        ForeignValue::Integer(_) => ColumnClass::Integer,
        ForeignValue::Number(_) => ColumnClass::Number,
        ForeignValue::Json(_) => ColumnClass::Json,
        ForeignValue::Bytes(_) => ColumnClass::Bytes,
        ForeignValue::Micros(_) => ColumnClass::Instant,
        ForeignValue::Null | ForeignValue::Text(_) => ColumnClass::Text,
    };
    let columns = row.iter().map(|(name, value)| ForeignColumn {
        name: (*name).into(),
        kind: String::new(),
        class: class(value),
        counts_up: false,
    });
    let table = ForeignTable {
        schema: String::new(),
        name: table.into(),
        is_view: false,
        is_partitioned: false,
        readable: true,
        columns: columns.collect(),
        indexes: vec![ForeignIndex { columns: vec!["stream_name".into(), "position".into()], unique: true }],
    };
    Catalog { engine, has_esctl_store: false, tables: vec![table] }
}

/// Maps a row of a table, whose values are named by their columns. Returns the JSON of the event, or the error.
fn map(layout: &Layout, table: &str, row: &[(&str, ForeignValue)], place: Option<usize>) -> Result<Value, String> {
    let plan = EventPlan::new(layout, &catalog(layout.engine, table, row), "", table, 10);
    let value =
        |column: &str| row.iter().find(|(name, _)| *name == column).map_or(ForeignValue::Null, |(_, value)| value.clone());
    let values: Vec<ForeignValue> = plan.query.columns.iter().map(|column| value(&column.name)).collect();
    let event = EventMapper::new(layout, &plan).map(&values, place).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(&event).unwrap())
}

fn layout(name: &str) -> Layout {
    built_in().iter().find(|built_in| built_in.name == name).unwrap().layout().unwrap()
}

fn text(text: &str) -> ForeignValue {
    ForeignValue::Text(text.into())
}

fn message(changes: &[(&'static str, ForeignValue)]) -> Vec<(&'static str, ForeignValue)> {
    let mut row = vec![
        ("id", text("7f9619ff-8b86-d011-b42d-00c04fc96401")),
        ("stream_name", text("wallet-1-a")),
        ("type", text("Added")),
        ("position", ForeignValue::Integer(0)),
        ("global_position", ForeignValue::Integer(41)),
        ("data", ForeignValue::Json("{\"big\":123456789012345678901234567890}".into())),
        ("metadata", ForeignValue::Json("{\"correlationId\":\"c\",\"userId\":\"ann\"}".into())),
        ("time", ForeignValue::Micros(1_793_527_200_000_000)),
    ];
    for (column, value) in changes {
        row.iter_mut().find(|(name, _)| name == column).unwrap().1 = value.clone();
    }
    row
}

#[test]
fn versions_count_from_1_and_nothing_is_lost() {
    let layout = layout("message-db");
    let event = map(&layout, "messages", &message(&[]), None).unwrap();
    assert_eq!(
        event,
        json!({
            "position": 41, "stream": "wallet-1-a", "version": 1, "type": "Added",
            "recorded_at": "2026-11-01T10:00:00.000000Z", "original_id": "7f9619ff-8b86-d011-b42d-00c04fc96401",
            "data": serde_json::from_str::<Value>("{\"big\":123456789012345678901234567890}").unwrap(),
            "metadata": {"correlation_id": "c", "userId": "ann"}, "source": {}, "hidden": false,
        })
    );
    let plan = EventPlan::new(&layout, &catalog(Engine::Postgres, "messages", &message(&[])), "", "messages", 10);
    let order: Vec<&str> = plan.query.order.iter().map(|column| column.name.as_str()).collect();
    // No index begins with the position, so the index of the streams gives the order.
    assert_eq!(order, ["stream_name", "position"]);
}

#[test]
fn a_row_that_is_no_event_names_the_column_and_the_reason() {
    let layout = layout("message-db");
    for (column, value, expected) in [
        ("stream_name", ForeignValue::Null, "e.stream_name has no value, so the event has no stream"),
        ("type", ForeignValue::Null, "e.type has no value, so the event has no type"),
        ("position", ForeignValue::Integer(-1), "e.position is -1, and the first version is 0"),
        ("position", ForeignValue::Integer(i64::MAX), "e.position is out of range: 9223372036854775807"),
        ("position", ForeignValue::Null, "e.position has no value"),
        ("global_position", ForeignValue::Number("1.5".into()), "e.global_position is no whole number of 64 bits: 1.5"),
        ("time", ForeignValue::Boolean(true), "e.time is no time of this form: true"),
        ("time", ForeignValue::Micros(i64::MAX), "e.time is out of range"),
        ("data", ForeignValue::Json("{".into()), "e.data is not JSON"),
    ] {
        let error = map(&layout, "messages", &message(&[(column, value)]), None).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    // What may be absent is absent.
    let absent = [
        ("data", ForeignValue::Null),
        ("metadata", ForeignValue::Null),
        ("time", ForeignValue::Null),
        ("id", ForeignValue::Null),
    ];
    let event = map(&layout, "messages", &message(&absent), None).unwrap();
    assert_eq!((&event["data"], &event["recorded_at"], &event["metadata"]), (&Value::Null, &Value::Null, &json!({})));
}

#[test]
fn the_type_may_be_the_only_key_of_the_data_and_the_stream_the_name_of_the_table() {
    let layout = layout("esrs");
    let row = |payload: &str| {
        [
            ("id", text("i")),
            ("aggregate_id", text("a-1")),
            ("payload", ForeignValue::Json(payload.into())),
            ("occurred_on", ForeignValue::Null),
            ("sequence_number", ForeignValue::Integer(1)),
        ]
    };
    let event = map(&layout, "wallet_events", &row("{\"Opened\":{\"owner\":\"Ann\"}}"), None).unwrap();
    assert_eq!(
        (&event["stream"], &event["type"], &event["data"]),
        (&json!("wallet-a-1"), &json!("Opened"), &json!({"owner": "Ann"}))
    );
    let event = map(&layout, "wallet_events", &row("\"Closed\""), None).unwrap();
    assert_eq!((&event["type"], &event["data"]), (&json!("Closed"), &json!({})));
    let error = map(&layout, "wallet_events", &row("{\"a\":1,\"b\":2}"), None).unwrap_err();
    assert_eq!(error, "e.payload has not one key, and the type is the only key");
}

#[test]
fn bytes_hold_json_a_time_and_a_type_after_a_separator() {
    let layout = layout("eventsourcing-postgres");
    let state = "{\"timestamp\":{\"_type_\":\"datetime_iso\",\"_data_\":\"2026-11-01T10:00:00+00:00\"},\"n\":1}";
    let row = [
        ("originator_id", text("o")),
        ("originator_version", ForeignValue::Integer(1)),
        ("topic", text("shop.domain:Wallet.Opened")),
        ("state", ForeignValue::Bytes(state.as_bytes().to_vec())),
        ("notification_id", ForeignValue::Integer(3)),
    ];
    let event = map(&layout, "shop_events", &row, None).unwrap();
    assert_eq!((&event["type"], &event["recorded_at"]), (&json!("Wallet.Opened"), &json!("2026-11-01T10:00:00.000000Z")));
    assert_eq!(event["data"]["n"], 1);
    let mut opaque = row;
    opaque[3].1 = ForeignValue::Bytes(vec![0xff, 0x00]);
    let error = map(&layout, "shop_events", &opaque, None).unwrap_err();
    assert!(error.starts_with("e.state is not UTF-8"), "{error}");
}

#[test]
fn elements_of_an_array_have_the_stream_of_their_document() {
    let layout = layout("emmett-mongodb");
    let row = [
        ("streamName", text("wallet:1")),
        ("type", text("Opened")),
        ("data", ForeignValue::Json("{\"owner\":\"Ann\"}".into())),
        ("metadata", ForeignValue::Json("{\"messageId\":\"m\",\"correlationId\":\"c\"}".into())),
        ("metadata.messageId", text("m")),
    ];
    let event = map(&layout, "emt:wallet", &row, Some(4)).unwrap();
    assert_eq!((&event["stream"], &event["version"], &event["original_id"]), (&json!("wallet:1"), &json!(5), &json!("m")));
    assert_eq!(event["metadata"], json!({"messageId": "m", "correlation_id": "c"}));
}

#[test]
fn several_columns_are_one_object_and_a_condition_hides_events() {
    let file = "title = \"t\"\nengine = \"sqlite\"\n[events]\nfrom = \"log\"\nstream = { parts = [\"kind\", \"id\"], separator = \"/\" }\n\
                version = { column = \"v\", first = 1 }\ntype = { column = \"body\", json = \"type\" }\n\
                data = { columns = [\"amount\", \"note\"] , as = \"text\" }\nhidden = { column = \"deleted\", is = true }\n\
                extra = { tenant = { column = \"tenant\", optional = true } }\n";
    let layout = parse(file, Origin::User).unwrap();
    let row = [
        ("kind", text("account")),
        ("id", ForeignValue::Integer(7)),
        ("v", ForeignValue::Integer(1)),
        ("body", text("{\"type\":\"credited\"}")),
        ("amount", ForeignValue::Number("1.50".into())),
        ("note", ForeignValue::Null),
        ("deleted", ForeignValue::Integer(1)),
    ];
    let event = map(&layout, "log", &row, None).unwrap();
    assert_eq!((&event["stream"], &event["type"], &event["hidden"]), (&json!("account/7"), &json!("credited"), &json!(true)));
    assert_eq!((&event["data"], &event["source"]), (&json!({"amount": 1.5}), &json!({"tenant": null})));
    // Without a form, text stays text, and only a column of JSON is JSON.
    let layout = parse(&file.replace(" , as = \"text\"", ""), Origin::User).unwrap();
    for (note, expected) in [(text("5"), json!("5")), (text("EUR"), json!("EUR")), (ForeignValue::Json("[5]".into()), json!([5]))]
    {
        let mut row = row.clone();
        row[5].1 = note;
        assert_eq!(map(&layout, "log", &row, None).unwrap()["data"], json!({"amount": 1.5, "note": expected}));
    }
}
