//! Data comes back byte for byte as the canonical text that went in, whatever is in it.

use esctl::event::EventType;
use esctl::event::ExpectedVersion;
use esctl::event::JsonObject;
use esctl::event::NewEvent;
use esctl::event::RecordedEvent;
use esctl::store::ReadQuery;
use esctl::store::Store;

use crate::conformance::kit::Subject;
use crate::conformance::kit::event;
use crate::conformance::kit::read;
use crate::conformance::kit::request;
use crate::conformance::kit::stream;
use crate::conformance::kit::streams;
use crate::conformance::kit::whole;

const HOSTILE: [&str; 16] = [
    "",
    "'; DROP TABLE events; --",
    "\"\\\"\\\\",
    "\u{1}\u{8}\u{9}\u{a}\u{c}\u{d}\u{1b}[2J\u{1f}\u{7f}\u{9b}",
    "\u{202e}\u{200b}\u{feff}\u{2028}\u{2029}",
    "e\u{301} \u{e9}",
    "\u{1f469}\u{200d}\u{1f4bb}\u{10ffff}\u{fffe}\u{fffd}",
    "$oid",
    "$date.$where",
    "a.b.c",
    "?1 :name @x $1 %s {0}",
    "null",
    "18446744073709551616",
    "\\u0000",
    "0x00 \\x00",
    " leading and trailing ",
];

/// Appends objects as data and as metadata, and gives back what was recorded.
async fn there_and_back(store: &Store, objects: &[JsonObject]) {
    let brought = objects
        .iter()
        .flat_map(|object| [NewEvent { data: object.clone(), ..event(0) }, NewEvent { metadata: object.clone(), ..event(0) }]);
    let brought: Vec<NewEvent> = brought.collect();
    store.append(request("thing-1", ExpectedVersion::Any, brought.clone())).await.unwrap();
    let recorded: Vec<RecordedEvent> = whole(store).await;
    for (recorded, brought) in recorded.iter().zip(&brought) {
        assert_eq!((recorded.data.as_str(), recorded.metadata.as_str()), (brought.data.as_str(), brought.metadata.as_str()));
    }
    assert_eq!(recorded.len(), brought.len());
}

pub async fn hostile_strings_come_back_as_values_and_as_keys<S: Subject>(subject: S) {
    let objects = HOSTILE.map(|text| {
        let mut object = serde_json::Map::new();
        object.insert(text.to_owned(), text.into());
        object.insert("list".to_owned(), vec![text, text].into());
        JsonObject::of(&object).unwrap()
    });
    there_and_back(&subject.store(), &objects).await;
}

pub async fn numbers_come_back_as_they_were_written<S: Subject>(subject: S) {
    let texts = [
        "0",
        "-0",
        "-0.0",
        "1",
        "1.0",
        "1e3",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "9007199254740993",
        "0.1",
        "1e-7",
        "1.7976931348623157e308",
        "5e-324",
        "2.2250738585072014e-308",
        "123456789.12345679",
        "1e21",
        "1e22",
        "1.8446744073709552e19",
    ];
    let objects = texts.map(|text| JsonObject::parse(&format!("{{\"x\":{text},\"y\":[{text}]}}")).unwrap());
    there_and_back(&subject.store(), &objects).await;
    // A number that would come back as another one is refused before it gets to a store.
    for text in ["2.2250738585072011e-308", "123456789.123456789", "18446744073709551616.0", "9007199254740993.0"] {
        JsonObject::parse(&format!("{{\"x\":{text}}}")).unwrap_err();
    }
}

pub async fn shapes_come_back_with_their_keys_in_canonical_order<S: Subject>(subject: S) {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
    let wide: String = (0..500).rev().map(|n| format!("\"key{n}\":{n},")).collect();
    let texts = [
        "{}",
        r#"{"":{}}"#,
        r#"{"b":1,"a":2,"B":3,"ab":4,"a!":5,"é":6,"😀":7,"ﬀ":8}"#,
        r#"{"_id":1,"__proto__":2,"$set":{"a":1}}"#,
        r#"{"a":[[],[[]],{},{"b":[null,true,false]}]}"#,
        &deep,
        &format!("{{{}\"last\":0}}", wide),
    ];
    let objects = texts.map(|text| JsonObject::parse(text).unwrap());
    there_and_back(&subject.store(), &objects).await;
}

pub async fn the_same_key_order_is_kept_for_keys_that_differ_only_in_case_or_form<S: Subject>(subject: S) {
    let store = subject.store();
    let texts =
        [r#"{"A":1,"a":2,"\u00c4":3,"\u00e4":4,"A\u0308":5}"#, r#"{"\u00e9":1,"e\u0301":2}"#, r#"{"1":1,"01":2,"1.0":3}"#];
    let objects = texts.map(|text| JsonObject::parse(text).unwrap());
    there_and_back(&store, &objects).await;
}

pub async fn hostile_names_name_streams_and_types_of_their_own<S: Subject>(subject: S) {
    let store = subject.store();
    let names =
        ["a", "A", "ä", "a%", "a_", "a'", "a\"", "a\\", "a;--", "a/../b", "a.b", "a*", "a?", "a b", "NULL", "0", "😀", "ａ"];
    for (number, name) in names.iter().enumerate() {
        let happened = NewEvent { event_type: EventType::parse(name).unwrap(), ..event(number as u64) };
        store.append(request(name, ExpectedVersion::NoStream, vec![happened])).await.unwrap();
    }
    for (number, name) in names.iter().enumerate() {
        let wanted = [number as u64 + 1];
        let by_name = read(&store, ReadQuery::stream(stream(name))).await;
        let by_type = read(&store, ReadQuery::all().types(vec![(*name).to_owned()])).await;
        for found in [by_name, by_type] {
            assert_eq!(found.iter().map(|event| event.position.0).collect::<Vec<_>>(), wanted, "{name}");
            assert_eq!((found[0].stream.as_str(), found[0].event_type.as_str()), (*name, *name));
        }
    }
    assert_eq!(streams(&store).await.len(), names.len());
    whole(&store).await;
}
