//! Tests of the output: every format over the same items, hostile texts, paging, and the ends of a list.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use super::Cell;
use super::Format;
use super::Listing;
use super::Output;
use super::OutputSettings;
use super::Tone;
use crate::cli::error::CliError;
use crate::event::Timestamp;

const HOSTILE: &str = "a\u{1b}[2J\u{9b}1m\u{202e}\r\u{1b}]8;;http://x\u{7}b\u{7f}\u{200b}";

#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SharedBuffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

struct ClosedPipe;

impl Write for ClosedPipe {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn output(settings: OutputSettings) -> (Output, SharedBuffer, SharedBuffer) {
    let (stdout, stderr) = (SharedBuffer::default(), SharedBuffer::default());
    (Output::with_writers(settings, Box::new(stdout.clone()), Box::new(stderr.clone())), stdout, stderr)
}

fn format(format: Format) -> OutputSettings {
    OutputSettings { format, ..OutputSettings::default() }
}

#[derive(Serialize)]
struct Item {
    id: String,
    amount: i64,
    note: Option<&'static str>,
}

fn item(id: &str, amount: i64) -> Item {
    Item { id: id.into(), amount, note: None }
}

fn cells(item: &Item) -> Vec<Cell> {
    vec![item.id.as_str().into(), item.amount.into(), item.note.into()]
}

fn listed(settings: OutputSettings, items: &[Item], next: Option<&str>) -> (String, String) {
    let (out, stdout, stderr) = output(settings);
    let mut list = out.list(Listing::new(["id", "amount", "note"]).empty("no items"));
    for item in items {
        if !list.push(item, || cells(item)).unwrap() {
            break;
        }
    }
    list.finish(next.map(str::to_owned)).unwrap();
    (stdout.text(), stderr.text())
}

#[test]
fn a_list_in_every_format() {
    let items = [item("gold", 12), item("=x", -5)];
    for (form, expected) in [
        (Format::Table, "ID    AMOUNT  NOTE\ngold      12  -\n=x        -5  -\n"),
        (
            Format::Json,
            "{\"items\":[\n{\"id\":\"gold\",\"amount\":12,\"note\":null},\n{\"id\":\"=x\",\"amount\":-5,\"note\":null}\n],\"next\":\"=x\"}\n",
        ),
        (Format::Ndjson, "{\"id\":\"gold\",\"amount\":12,\"note\":null}\n{\"id\":\"=x\",\"amount\":-5,\"note\":null}\n"),
        (
            Format::Yaml,
            "items:\n- id: gold\n  amount: 12\n  note: null\n- id: \"=x\"\n  amount: -5\n  note: null\nnext: \"=x\"\n",
        ),
        (Format::Csv, "id,amount,note\ngold,12,\n'=x,-5,\n"),
    ] {
        let (stdout, stderr) = listed(format(form), &items, Some("=x"));
        assert_eq!(stdout, expected, "{form:?}");
        assert_eq!(stderr.contains("--after =x"), form == Format::Table);
    }
}

#[test]
fn an_empty_list_in_every_format() {
    for (form, expected) in [
        (Format::Table, ""),
        (Format::Json, "{\"items\":[],\"next\":null}\n"),
        (Format::Ndjson, ""),
        (Format::Yaml, "items: []\nnext: null\n"),
        (Format::Csv, ""),
    ] {
        let (stdout, stderr) = listed(format(form), &[], None);
        assert_eq!((stdout.as_str(), stderr.as_str()), (expected, if form == Format::Table { "no items\n" } else { "" }));
    }
    let (out, stdout, _) = output(format(Format::Csv));
    out.list(Listing::new(["A"]).fields(["a", "b"])).finish(None).unwrap();
    assert_eq!(stdout.text(), "a,b\n");
}

#[test]
fn one_report_in_every_format() {
    let report = json!({"id": "gold", "list": [1, {"k": null}]});
    for (form, expected) in [
        (Format::Table, "Id:      gold\nAmount:  12\n\nSTEP  N\nlock  3\nend\n"),
        (Format::Json, "{\n  \"id\": \"gold\",\n  \"list\": [\n    1,\n    {\n      \"k\": null\n    }\n  ]\n}\n"),
        (Format::Ndjson, "{\"id\":\"gold\",\"list\":[1,{\"k\":null}]}\n"),
        (Format::Yaml, "id: gold\nlist:\n- 1\n- k: null\n"),
        (Format::Csv, "id,list\ngold,\"[1,{\"\"k\"\":null}]\"\n"),
    ] {
        let (out, stdout, _) = output(format(form));
        let table = |sheet: &mut super::Sheet| {
            sheet.field("Id", "gold").field("Amount", 12).blank();
            sheet.table(&["STEP", "N"], vec![vec!["lock".into(), 3.into()]]).line("end");
        };
        out.one(&report, table).unwrap();
        assert_eq!(stdout.text(), expected, "{form:?}");
    }
}

#[test]
fn hostile_texts_are_visible_in_every_format() {
    for form in [Format::Table, Format::Json, Format::Ndjson, Format::Yaml, Format::Csv] {
        for width in [None, Some(20), Some(80)] {
            let settings = OutputSettings { width, ..format(form) };
            let (stdout, stderr) = listed(settings.clone(), &[item(HOSTILE, 1)], Some(HOSTILE));
            let (out, one, said) = output(settings);
            out.one(&json!({ HOSTILE: HOSTILE }), |sheet| {
                sheet.field(HOSTILE, HOSTILE).heading(HOSTILE).text(HOSTILE);
                sheet.table(&["A"], vec![vec![HOSTILE.into()]]);
            })
            .unwrap();
            out.text(HOSTILE).unwrap();
            out.note(HOSTILE);
            out.warn(HOSTILE);
            out.error(&CliError::usage(HOSTILE).hint(HOSTILE).with("k", HOSTILE).caused_by(&io::Error::other("x\u{1b}")));
            out.flush().unwrap();
            for text in [stdout, stderr, one.text(), said.text()] {
                assert!(!text.chars().any(|c| c != '\n' && crate::event::is_unsafe(c)), "{form:?}: {text:?}");
            }
        }
    }
}

#[test]
fn json_keeps_the_value_of_hostile_texts() {
    let (stdout, _) = listed(format(Format::Json), &[item(HOSTILE, 1)], None);
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["items"][0]["id"], HOSTILE);
    let (stdout, _) = listed(format(Format::Yaml), &[item(HOSTILE, 1)], None);
    assert_eq!(yaml_serde::from_str::<Value>(&stdout).unwrap()["items"][0]["id"], HOSTILE);
}

#[test]
fn a_list_that_fails_on_its_first_page_prints_nothing() {
    for form in [Format::Table, Format::Json, Format::Ndjson, Format::Yaml, Format::Csv] {
        for (rows, prints) in [(499, false), (501, true)] {
            let (out, stdout, _) = output(format(form));
            let mut list = out.list(Listing::new(["id", "amount", "note"]));
            for n in 0..rows {
                let item = item("gold", n);
                assert!(list.push(&item, || cells(&item)).unwrap());
            }
            drop(list);
            out.finish().unwrap();
            assert_eq!(!stdout.text().is_empty(), prints, "{form:?} {rows}");
            if prints {
                assert!(stdout.text().contains("500"), "{form:?}: what was read whole is shown");
            }
        }
    }
}

#[test]
fn pages_share_the_header_and_the_widths() {
    let items: Vec<Item> = (0..1200).map(|n| item(if n == 900 { "a-much-longer-name" } else { "gold" }, n)).collect();
    let (stdout, _) = listed(format(Format::Table), &items, None);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!((lines.len(), stdout.matches("AMOUNT").count()), (1201, 1));
    assert_eq!((lines[1], lines[600], lines[1200]), ("gold       0  -", "gold                   599  -", "gold    1199  -"));
    assert!(stdout.contains("a-much-longer-name     900  -"), "never cut on a pipe");
}

#[test]
fn a_terminal_stops_at_100_rows_and_says_how_many_more() {
    let items: Vec<Item> = (0..150).map(|n| item("gold", n)).collect();
    let terminal = OutputSettings { width: Some(80), ..OutputSettings::default() };
    let (stdout, stderr) = listed(terminal.clone(), &items, None);
    assert_eq!(stdout.lines().count(), 101);
    assert_eq!(stderr, "50 more rows; pass -o ndjson or --limit to see them\n");
    let (_, stderr) = listed(terminal.clone(), &items[..101], None);
    assert_eq!(stderr, "1 more row; pass -o ndjson or --limit to see them\n");
    let many: Vec<Item> = (0..20_000).map(|n| item("gold", n)).collect();
    let (stdout, stderr) = listed(terminal.clone(), &many, None);
    assert_eq!(
        (stdout.lines().count(), stderr.as_str()),
        (101, "more than 10000 more rows; pass -o ndjson or --limit to see them\n")
    );
    let (stdout, stderr) = listed(terminal.clone(), &items[..100], None);
    assert_eq!((stdout.lines().count(), stderr.as_str()), (101, ""));
    let (out, stdout, stderr) = output(terminal);
    let mut list = out.list(Listing::new(["id", "amount", "note"]).unlimited());
    for item in &items {
        assert!(list.push(item, || cells(item)).unwrap());
    }
    list.finish(None).unwrap();
    assert_eq!((stdout.text().lines().count(), stderr.text().as_str()), (151, ""));
}

#[test]
fn narrow_terminals_stay_readable() {
    let long = item(&"word ".repeat(30), 12);
    for width in 1..=200 {
        let settings = OutputSettings { width: Some(width), ..OutputSettings::default() };
        let (stdout, _) = listed(settings, std::slice::from_ref(&long), None);
        if stdout.starts_with("ID  ") {
            assert!(stdout.lines().all(|line| line.len() <= usize::from(width)), "{width}:\n{stdout}");
            assert!(stdout.lines().count() <= 5);
        } else {
            assert!(stdout.starts_with("ID:      word word"), "{width}:\n{stdout}");
        }
    }
}

#[test]
fn a_following_list_prints_at_once() {
    for form in [Format::Table, Format::Json, Format::Ndjson, Format::Yaml, Format::Csv] {
        let (out, stdout, _) = output(OutputSettings { width: Some(60), ..format(form) });
        let mut list = out.list(Listing::new(["id", "amount", "note"]).unlimited());
        for (n, id) in ["gold", "silver-and-more"].into_iter().enumerate() {
            let item = item(id, 7);
            list.push(&item, || cells(&item)).unwrap();
            list.flush().unwrap();
            assert!(stdout.text().contains(&id[..4]), "{form:?} {n}");
        }
        assert_eq!(
            stdout.text().to_lowercase().matches("note").count(),
            if form == Format::Table || form == Format::Csv { 1 } else { 2 }
        );
    }
}

#[test]
fn csv_takes_the_fields_of_the_first_page_and_warns_of_later_ones() {
    let (out, stdout, stderr) = output(format(Format::Csv));
    let mut list = out.list(Listing::new(["A"]));
    for value in [json!({"a": 1}), json!({"b": 2, "a": 3})] {
        list.push(&value, Vec::new).unwrap();
    }
    list.flush().unwrap();
    for value in [json!({"c": 1, "b": 4}), json!({"c": 1})] {
        list.push(&value, Vec::new).unwrap();
    }
    list.finish(None).unwrap();
    assert_eq!(stdout.text(), "a,b\n1,\n3,2\n,4\n,\n");
    assert_eq!(stderr.text().matches("such as c").count(), 1);
}

#[test]
fn json_text_can_be_pushed_in_every_format() {
    for form in [Format::Table, Format::Json, Format::Ndjson, Format::Yaml, Format::Csv] {
        let (out, stdout, _) = output(format(form));
        let mut list = out.list(Listing::new(["K"]));
        list.push_json("{\"k\":\n\"v\u{9b}\"}", || vec!["v".into()]).unwrap();
        list.finish(None).unwrap();
        assert!(stdout.text().contains('v') && !stdout.text().contains('\u{9b}'), "{form:?}: {}", stdout.text());
    }
}

#[test]
fn a_closed_pipe_ends_quietly_wherever_it_is_noticed() {
    let stderr = SharedBuffer::default();
    let out = Output::with_writers(format(Format::Ndjson), Box::new(ClosedPipe), Box::new(stderr.clone()));
    let mut list = out.list(Listing::new(["id"]));
    let item = item("gold", 1);
    let error = (0..1_000_000).find_map(|_| list.push(&item, Vec::new).err()).expect("a closed pipe");
    drop(list);
    assert!(error.is_closed_pipe() && error.exit() == 0);
    out.error(&error);
    assert!(out.finish().unwrap_err().is_closed_pipe() && out.one(&item, |_| ()).unwrap_err().is_closed_pipe());
    assert_eq!(stderr.text(), "");
}

#[test]
fn errors_as_text_and_as_json() {
    let error = CliError::rejected("gold is locked").code("resource_locked").hint("wait").with("id", "gold");
    let error = error.caused_by(&io::Error::other("first\nhint: rm -rf /"));
    let (out, _, stderr) = output(OutputSettings { quiet: true, ..OutputSettings::default() });
    out.error(&error);
    out.note("not said");
    out.warn("not said");
    assert_eq!(stderr.text(), "error: gold is locked\n  caused by: first\n    hint: rm -rf /\nhint: wait\n");
    let (out, _, stderr) = output(format(Format::Json));
    out.error(&error);
    assert_eq!(
        stderr.text(),
        "{\"error\":{\"code\":\"resource_locked\",\"exit\":5,\"message\":\"gold is locked\",\"hint\":\"wait\",\
         \"details\":{\"id\":\"gold\",\"causes\":[\"first\\nhint: rm -rf /\"]}}}\n"
    );
}

#[test]
fn colour_only_where_it_is_on() {
    let (out, stdout, stderr) =
        output(OutputSettings { colour: true, colour_stderr: true, width: Some(80), ..OutputSettings::default() });
    let mut list = out.list(Listing::new(["id"]));
    list.push("x", || vec![Cell::new("bad").tone(Tone::Bad)]).unwrap();
    list.finish(None).unwrap();
    out.error(&CliError::usage("no"));
    assert!(stdout.text().contains("\u{1b}[1mID") && stderr.text().contains("\u{1b}[31merror:\u{1b}[0m no"));
}

#[test]
fn no_question_is_asked_without_a_terminal() {
    let (out, _, stderr) = output(OutputSettings::default());
    assert!(out.confirm("Delete it all?", true).unwrap());
    let error = out.confirm("Delete it all?", false).unwrap_err();
    assert_eq!((error.exit(), error.failure.code, error.failure.hint.as_deref()), (2, "confirmation_needed", Some("pass --yes")));
    let progress = out.progress(Some(10), "events");
    progress.advance(5);
    drop(progress);
    assert_eq!(stderr.text(), "");
}

/// `cargo test --release -- --ignored --nocapture speed`: measures the time for a million events.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let event: Value = json!({"position": 17, "event_id": "0193a3b4-0000-7000-8000-000000000000", "stream": "resource-gold",
        "data": {"amount": 5, "reason": "a reason of some length", "new_amount": 995}, "metadata": {"client_id": "ann"}});
    let raw = event.to_string();
    for form in [Format::Ndjson, Format::Json, Format::Csv, Format::Yaml, Format::Table] {
        let out = Output::with_writers(format(form), Box::new(io::sink()), Box::new(io::sink()));
        for push_text in [false, true] {
            let begun = std::time::Instant::now();
            let mut list = out.list(Listing::new(["position", "stream", "data"]));
            let cells = || vec![17.into(), "resource-gold".into(), raw.as_str().into()];
            for _ in 0..1_000_000 {
                let taken = if push_text { list.push_json(&raw, cells) } else { list.push(&event, cells) };
                taken.unwrap();
            }
            list.finish(None).unwrap();
            eprintln!("{form:?} text={push_text} {:?}", begun.elapsed());
        }
    }
}

#[test]
fn cells_of_any_size_are_drawn() {
    for length in [65_000, 66_000, 300_000] {
        let (stdout, _) = listed(format(Format::Table), &[item(&"x".repeat(length), 1), item(&"y".repeat(length), 1)], None);
        assert_eq!(stdout.lines().count(), 3, "{length}");
        assert!(stdout.contains(&"x".repeat(length)));
        // The short row beside long ones is not padded to their width.
        let (stdout, _) = listed(format(Format::Table), &[item(&"x".repeat(length), 1), item("gold", 1)], None);
        assert!(stdout.lines().last().unwrap().len() < 100);
        let terminal = OutputSettings { width: Some(40), ..OutputSettings::default() };
        let data = drawn(&terminal, &["id", "data"], vec![vec!["a".into(), Cell::data(&json!({"x": "y".repeat(length)}))]]);
        assert!(data.lines().count() == 2 && data.lines().all(|line| line.len() <= 40) && data.contains("..."), "{data}");
    }
}

fn drawn(settings: &OutputSettings, columns: &[&str], rows: Vec<Vec<Cell>>) -> String {
    let (out, stdout, _) = output(settings.clone());
    let mut list = out.list(Listing::new(columns.iter().copied()));
    for row in rows {
        list.push("", || row).unwrap();
    }
    list.finish(None).unwrap();
    stdout.text()
}

fn event_row(stream: &str, reason: &str) -> Vec<Cell> {
    let time = "2026-11-29T21:53:45.123456Z".parse::<Timestamp>().unwrap();
    let data = json!({"amount": 15, "new_amount": 185, "reason": reason});
    vec![17.into(), time.into(), stream.into(), "resource.allocated".into(), Some("ann").into(), Cell::data(&data)]
}

const EVENT_COLUMNS: [&str; 6] = ["position", "time", "stream", "type", "who", "data"];

#[test]
fn a_terminal_shows_ids_and_times_whole_and_data_as_far_as_there_is_room() {
    let terminal = |width| OutputSettings { width: Some(width), unicode: true, ..OutputSettings::default() };
    let rows =
        || vec![event_row("resource-gold", "a sword of more than the usual length, and a shield"), event_row("resource-x", "")];
    assert_eq!(
        drawn(&terminal(110), &EVENT_COLUMNS, rows()),
        "POSITION  TIME                  STREAM         TYPE                WHO  DATA\n\
         \x20     17  2026-11-29 21:53:45Z  resource-gold  resource.allocated  ann  amount 15, new_amount 185, reason a s…\n\
         \x20     17  2026-11-29 21:53:45Z  resource-x     resource.allocated  ann  amount 15, new_amount 185, reason \n"
    );
    assert_eq!(
        drawn(&terminal(80), &EVENT_COLUMNS, rows()),
        "POSITION  TIME                  STREAM         TYPE                WHO\n\
         \x20     17  2026-11-29 21:53:45Z  resource-gold  resource.allocated  ann\n\
         \x20   data: amount 15, new_amount 185, reason a sword of more than the usual leng…\n\
         \x20     17  2026-11-29 21:53:45Z  resource-x     resource.allocated  ann\n\
         \x20   data: amount 15, new_amount 185, reason \n"
    );
    assert_eq!(
        drawn(&terminal(40), &EVENT_COLUMNS, vec![event_row("resource-gold", "")]),
        "POSITION  TIME\n\
         \x20     17  2026-11-29 21:53:45Z\n\
         \x20   stream: resource-gold\n\
         \x20   type: resource.allocated  who: ann\n\
         \x20   data: amount 15, new_amount 185, re…\n"
    );
    let wide = OutputSettings { wide: true, ..terminal(40) };
    assert_eq!(
        drawn(&wide, &EVENT_COLUMNS, vec![event_row("resource-gold", "a sword")]).lines().last().unwrap(),
        "      17  2026-11-29T21:53:45.123456Z  resource-gold  resource.allocated  ann  amount 15, new_amount 185, reason a sword"
    );
}

#[test]
fn prose_is_wrapped_between_words() {
    let terminal = OutputSettings { width: Some(50), ..OutputSettings::default() };
    let message = "the event at position 17 has a hash that is not the one of its content: it was changed after it was appended";
    assert_eq!(
        drawn(&terminal, &["finding", "position", "message"], vec![vec!["hash".into(), 17.into(), Cell::prose(message)]]),
        "FINDING  POSITION  MESSAGE\n\
         hash           17  the event at position 17 has a\n\
         \x20                  hash that is not the one of its\n\
         \x20                  content: it was changed after\n\
         \x20                  it was appended\n"
    );
    assert_eq!(
        drawn(&terminal, &["event", "reason"], vec![vec!["0193a3b4-0000-7000-8000-000000000000".into(), Cell::prose(message)]]),
        "EVENT\n\
         0193a3b4-0000-7000-8000-000000000000\n\
         \x20   reason: the event at position 17 has a hash\n\
         \x20           that is not the one of its content: it\n\
         \x20           was changed after it was appended\n"
    );
}

#[test]
fn times_are_printed_in_a_zone_where_one_is_set() {
    let zone = Some(jiff::tz::TimeZone::fixed(jiff::tz::offset(-3)));
    let time = "2026-11-29T21:53:45.123456Z".parse::<Timestamp>().unwrap();
    for width in [None, Some(80)] {
        let settings = OutputSettings { zone: zone.clone(), width, ..OutputSettings::default() };
        assert_eq!(drawn(&settings, &["time"], vec![vec![time.into()]]), "TIME\n2026-11-29 18:53:45-03:00\n");
    }
    let (out, stdout, _) = output(OutputSettings { zone, ..OutputSettings::default() });
    out.one(&json!({}), |sheet| {
        sheet.field("as of", time);
    })
    .unwrap();
    assert_eq!(stdout.text(), "as of:  2026-11-29 18:53:45-03:00\n");
}
