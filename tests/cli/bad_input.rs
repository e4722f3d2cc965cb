//! Bad input: its exit code and message, and the store as it was. The rows of BADINPUT.md, as tables.

use std::io::Write;

use crate::cli::support::Answer;
use crate::cli::support::EVENT_ID;
use crate::cli::support::Home;
use crate::cli::support::is_raw;
use crate::cli::support::start;
use crate::cli::support::words;
use crate::common::backend::Backend;

crate::on_every_backend! {
    amounts
    an_add_that_passes_the_largest_number_is_capped
    numbers_of_options
    flags_and_words
    names
    hostile_arguments_are_shown_escaped_wherever_they_stand
    who_asks_is_a_name_that_can_be_printed
    large_texts_of_a_command_are_taken_or_refused_whole
    event_data
    depth_and_size
    lines_of_a_batch
    encodings
    #[cfg(unix)] arguments_that_are_no_utf8_are_refused
    the_environment_is_read_as_strictly_as_flags
    a_line_of_a_gigabyte_takes_no_memory
    composed_and_decomposed_are_the_same_stream
    event_ids
}

/// Runs each row against one store, and looks each time that nothing has changed.
pub fn refused(home: &Home, rows: &[(&str, i32, &str)]) {
    let before = home.head();
    for (line, code, part) in rows {
        let answer = home.run(line);
        assert!(answer.code == *code && answer.err.contains(part), "{line}\n{answer:?}");
        assert!(answer.err.starts_with("error: ") && answer.out.is_empty() && !is_raw(&answer.err), "{line}\n{answer:?}");
        assert_eq!(home.head(), before, "{line}");
    }
}

fn amounts(on: Backend) {
    let range = "9223372036854775807";
    refused(
        &Home::seeded(on),
        &[
            ("resource allocate gold -5", 5, "amount is -5"),
            ("resource allocate gold 0", 5, "it must be 1 or more"),
            ("resource add gold -5", 5, "amount is -5"),
            ("resource add gold 0", 5, "amount is 0"),
            ("resource allocate gold -9223372036854775808", 5, "amount is -9223372036854775808"),
            ("resource allocate gold 1.5", 2, range),
            ("resource allocate gold 1e3", 2, range),
            ("resource allocate gold -1.5", 2, range),
            ("resource allocate gold 99999999999999999999", 2, range),
            ("resource allocate gold 9223372036854775808", 2, range),
            ("resource allocate gold -9223372036854775809", 2, range),
            ("resource allocate gold 0x10", 2, range),
            ("resource allocate gold ''", 2, range),
            ("resource allocate gold ' 5'", 2, range),
            ("resource allocate gold five", 2, range),
            ("resource allocate gold 9223372036854775807", 5, "has 100"),
            ("resource create a --owner o --type t --amount 1 --max 0", 5, "max_amount is 0"),
            ("resource create a --owner o --type t --amount -1 --max 1", 5, "initial_amount is -1"),
            ("resource create a --owner o --type t --amount 2 --max 1", 5, "must not be above"),
            ("resource create a --owner o --type t --amount 1.0 --max 1", 2, range),
            ("resource create a --owner o --type t --amount 1 --max 1 --regen -1", 5, "regeneration_rate is -1"),
            ("resource create a --owner o --type t --amount 1 --max 1 --regen NaN", 2, "finite"),
            ("resource create a --owner o --type t --amount 1 --max 1 --regen inf", 2, "finite"),
            ("resource create a --owner o --type t --amount 1 --max 1 --regen 1e400", 2, "finite"),
        ],
    );
}

fn an_add_that_passes_the_largest_number_is_capped(on: Backend) {
    let home = Home::new(on);
    let most = i64::MAX;
    home.run(&format!("resource create a --owner o --type t --amount 5 --max {most} --regen 1e300")).ok();
    let added = home.run(&format!("resource add a {most} -o json")).ok().json();
    assert_eq!(added["state"]["amount"], most);
    assert_eq!(home.run("verify -o json").ok().json()["ok"], true);
}

fn numbers_of_options(on: Backend) {
    refused(
        &Home::seeded(on),
        &[
            ("resource list --limit 0", 2, "from 1"),
            ("resource list --limit -1", 2, "from 1"),
            ("resource list --limit 99999999999999999999", 2, "from 1"),
            ("stream list --limit 1.5", 2, "from 1"),
            ("stream read order-1 --limit 0", 2, "from 1"),
            ("stream read order-1 --from 0", 2, "from 1"),
            ("stream read order-1 --from -3", 2, "from 1"),
            ("stream read order-1 --to 0", 2, "from 1"),
            ("stream read order-1 --from 99999999999999999999", 2, "from 1"),
            ("stream read order-1 --from 5 --to 3", 2, "after"),
            ("stream read order-1 --from 1 --from 2", 2, "--from"),
            ("stream tail order-1 --no-follow -n -1", 2, "--lines"),
            ("projection rebuild resources --batch 0", 2, "from 1"),
            ("projection query resources --limit 0", 2, "from 1"),
            ("resource allocate gold 1 --expect-version -1", 2, "a version"),
            ("resource allocate gold 1 --expect-version any", 2, "a version"),
            ("resource allocate gold 1 --expect-version 9223372036854775808", 2, "a version"),
            ("resource allocate gold 1 --retries -1", 2, "--retries"),
            ("resource allocate gold 1 --retries 4294967296", 2, "--retries"),
            ("resource allocate gold 1 --retry-for 5", 2, "without a unit"),
            ("resource allocate gold 1 --retry-for -5s", 2, "--retry-for"),
            ("resource allocate gold 1 --retry-for soon", 2, "--retry-for"),
            ("resource allocate gold 1 --snapshot-every -1", 2, "--snapshot-every"),
            ("stream append order-1 --type t --data {} --expect-version -1", 2, "none or exists"),
            ("stream append order-1 --type t --data {} --schema-version 0", 2, "--schema-version"),
            ("verify --head 5", 2, "POSITION:HASH"),
            ("verify --head 5:zz", 2, "POSITION:HASH"),
            ("--timeout 0s resource list", 2, "no time"),
            ("--timeout -5s resource list", 2, "-5"),
            ("--timeout 5 resource list", 2, "did you mean 5s?"),
            ("--timeout 99999999999999d resource list", 2, "duration"),
            ("--timeout '' resource list", 2, "not a duration"),
        ],
    );
}

fn flags_and_words(on: Backend) {
    let home = Home::seeded(on);
    for line in ["", "stream"] {
        // The help comes first.
        home.run(line).fails(2, "error: missing command");
    }
    refused(
        &home,
        &[
            ("resurce list", 2, "did you mean resource?"),
            ("resource allocat gold 5", 2, "did you mean allocate?"),
            ("resource list --limt 5", 2, "did you mean --limit?"),
            ("resource list -o xml", 2, "possible values: table, json, ndjson, yaml, csv"),
            ("resource list -o jsn", 2, "did you mean json?"),
            ("resource list --locked maybe", 2, "true, false"),
            ("resource list -q -v", 2, "--quiet"),
            ("resource allocate gold", 2, "<AMOUNT>"),
            ("resource allocate gold 5 -9", 2, "-9"),
            ("resource create --owner o", 2, "--type"),
            ("stream append order-1", 2, "--data"),
            ("stream append order-1 --data {}", 2, "--type"),
            ("stream append order-1 --type t", 2, "--data"),
            ("stream append order-1 --type t --data {} --batch -", 2, "--batch"),
            ("stream append order-1 --batch - --event-id 018c2f5e-7a00-7000-8000-000000000009", 2, "--batch"),
            ("stream read", 2, "STREAM"),
            ("stream read order-1 --all", 2, "--all"),
            ("stream read order-1 --category order", 2, "--category"),
            ("stream tail -o yaml", 2, "ndjson"),
            ("stats more", 2, "more"),
            ("projection rebuild", 2, "NAME"),
            ("projection query resources --where amount", 2, "FIELD=VALUE"),
            ("projection query resources --where =5", 2, "FIELD=VALUE"),
            ("projection query nope", 3, "there are: resources"),
            ("projection query resource", 3, "did you mean resources?"),
            ("--client '' resource unlock gold", 2, "empty"),
            ("resource unlock gold --idempotency-key ''", 2, "empty"),
            ("resource unlock gold --idempotency-key ' '", 2, "empty"),
        ],
    );
}

fn names(on: Backend) {
    let long = "x".repeat(300);
    let home = Home::seeded(on);
    let before = home.head();
    let cases = [
        ("", "is empty"),
        ("   ", "is empty"),
        (long.as_str(), "at most 200"),
        ("a-\n1", "\\u000a"),
        ("a-\u{1b}[2J", "\\u001b[2J"),
        ("a-\u{202e}x", "\\u202e"),
        ("$all", "reserved"),
        (" a-1", "white space"),
    ];
    for (name, part) in cases {
        for arguments in [
            &["stream", "append", name, "--type", "t", "--data", "{}"][..],
            &["stream", "append", "order-1", "--type", name, "--data", "{}"],
            &["stream", "read", name],
            &["stream", "show", name],
            &["stream", "tail", name, "--no-follow"],
            &["verify", name],
        ] {
            let answer = home.run_args(arguments).fails(2, part);
            assert!(!is_raw(&answer.err) && answer.err.len() < 1000, "{answer:?}");
        }
    }
    for (id, part) in
        [("", "empty"), ("  ", "empty"), (long.as_str(), "at most 200"), ("a\u{1b}", "\\u001b"), ("a\nb", "\\u000a")]
    {
        home.run_args(&["resource", "create", id, "--owner", "o", "--type", "t", "--amount", "1", "--max", "1"]).fails(2, part);
        home.run_args(&["resource", "show", id]).fails(2, part);
        home.run_args(&["resource", "allocate", id, "1"]).fails(2, part);
    }
    assert_eq!(home.head(), before);
}

fn hostile_arguments_are_shown_escaped_wherever_they_stand(on: Backend) {
    let home = Home::seeded(on);
    let hostile = "x\u{1b}[2J\u{9b}\u{202e}\r\n\nhint: rm -rf /";
    let lines: [&[&str]; 16] = [
        &[hostile],
        &["resource", hostile],
        &["resource", "show", hostile],
        &["resource", "list", &format!("--{hostile}")],
        &["resource", "list", hostile],
        &["resource", "list", "--limit", hostile],
        &["resource", "list", "--locked", hostile],
        &["resource", "allocate", "gold", hostile],
        &["resource", "lock", "gold", "--for", hostile],
        &["-o", hostile, "stats"],
        &["--timeout", hostile, "stats"],
        &["--client", hostile, "stats"],
        &["stream", "append", "a-1", "--type", "t", "--data", hostile],
        &["stream", "read", "--all", "--since", hostile],
        &["projection", "query", hostile],
        &["--store", hostile, "stats"],
    ];
    for arguments in lines {
        let answer = home.run_args(arguments);
        assert!([2, 3].contains(&answer.code), "{arguments:?} {answer:?}");
        assert!(!is_raw(&answer.err) && !answer.err.lines().any(|line| line.starts_with("hint: rm")), "{arguments:?} {answer:?}");
    }
    let huge = "y".repeat(100_000);
    for arguments in
        [&["resource", "list", "--limit", &huge][..], &[&huge], &["-o", &huge, "stats"], &["--client", &huge, "stats"]]
    {
        let answer = home.run_args(arguments).fails(2, "yyy");
        assert!(answer.err.len() < 2000, "{}", answer.err.len());
    }
}

fn who_asks_is_a_name_that_can_be_printed(on: Backend) {
    let home = Home::seeded(on);
    for (client, part) in
        [("a\u{1b}[2J", "not printable"), ("a\nb", "not printable"), (" ", "empty"), (&"x".repeat(100_000), "at most 1024")]
    {
        home.run_args(&["--client", client, "resource", "unlock", "gold"]).fails(2, part);
        let mut command = home.command();
        command.env("ESCTL_CLIENT", client).args(["resource", "unlock", "gold"]);
        Answer::of(start(&mut command), b"").fails(2, part);
    }
}

fn large_texts_of_a_command_are_taken_or_refused_whole(on: Backend) {
    let home = Home::seeded(on);
    let large = "o".repeat(100_000);
    home.run_args(&["resource", "create", "big", "--owner", &large, "--type", "t", "--amount", "5", "--max", "5"]).ok();
    assert_eq!(home.run("resource show big -o json").ok().json()["owner_id"], large.as_str());
    home.run_args(&["resource", "allocate", "big", "1", "--reason", "a\u{1b}[2J"]).ok();
    // NUL cannot be typed; in JSON it can.
    let before = home.head();
    let metadata = r#"{"a":"\u0000"}"#;
    home.run_args(&[
        "resource",
        "create",
        "n",
        "--owner",
        "o",
        "--type",
        "t",
        "--amount",
        "5",
        "--max",
        "5",
        "--metadata",
        metadata,
    ])
    .fails(2, "NUL");
    home.run("resource create n --owner o --type t --amount 5 --max 5 --metadata []").fails(2, "an array");
    home.run("resource create n --owner o --type t --amount 5 --max 5 --metadata 5").fails(2, "a number");
    assert_eq!(home.head(), before);
}

/// Data that some backend could not hold, with a part of what is said about them.
const BAD_DATA: [(&str, &str); 22] = [
    (r#"{"a":18446744073709551616}"#, "line 1 column"),
    (r#"{"a":9223372036854775808}"#, "out of range"),
    (r#"{"a":NaN}"#, "line 1 column"),
    (r#"{"a":Infinity}"#, "line 1 column"),
    (r#"{"a":1e400}"#, "out of range"),
    (r#"{"a":12345678901234567.89}"#, "would be recorded as"),
    (r#"{"a":[{"b":1e-400}]}"#, "would be recorded as 0.0"),
    (r#"{"a":295147905179352830000}"#, "out of range"),
    (r#"{"a":0.1000000000000000000001}"#, "would be recorded as 0.1"),
    (r#"{"a":1,"a":2}"#, "twice"),
    (r#"{"a":1,"\u0061":2}"#, "twice"),
    (r#"{"a":"\ud800"}"#, "line 1 column"),
    (r#"{"a":"\u0000"}"#, "NUL"),
    (r#"{"a":01}"#, "line 1 column"),
    (r#"{'a':1}"#, "line 1 column"),
    (r#"{"a":1,}"#, "line 1 column"),
    (r#"{"a":1} x"#, "line 1 column"),
    (r#"{"a":1"#, "line 1 column"),
    ("5", "a number"),
    (r#""x""#, "a string"),
    ("[]", "an array"),
    ("null", "null"),
];

fn event_data(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    for (data, part) in BAD_DATA {
        home.run_args(&["stream", "append", "order-1", "--type", "t", "--data", data]).fails(2, part);
        home.run_args(&["stream", "append", "order-1", "--type", "t", "--data", "{}", "--metadata", data]).fails(2, part);
        home.feed("stream append order-1 --type t --data -", data.as_bytes()).fails(2, part);
        // Between two good lines.
        let good = "{\"type\":\"t\",\"data\":{}}\n";
        let batch = format!("{good}{{\"type\":\"t\",\"data\":{data}}}\n{good}");
        home.feed("stream append order-1 --batch -", batch.as_bytes()).fails(2, "stdin, line 2: ");
        let batch = format!("{good}{{\"type\":\"t\",\"data\":{{}},\"metadata\":{data}}}\n{good}");
        if data != "null" {
            home.feed("stream append order-1 --batch -", batch.as_bytes()).fails(2, "stdin, line 2: ");
        }
    }
    assert_eq!(home.head(), before);
}

fn depth_and_size(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    home.feed("stream append order-1 --type t --data -", nested(65).as_bytes()).fails(2, "nested deeper than 64");
    home.feed("stream append order-1 --type t --data -", nested(1_000_000).as_bytes()).fails(2, "nested deeper");
    home.feed("stream append order-1 --type t --data -", "{\"a\":".repeat(100_000).as_bytes()).fails(2, "nested deeper");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    home.feed("stream append order-1 --type t --data -", large.as_bytes()).fails(2, "exceeds the limit of 1048576 bytes");
    let batch = format!("{{\"type\":\"t\",\"data\":{{}}}}\n{{\"type\":\"t\",\"data\":{large}}}\n");
    home.feed("stream append order-1 --batch -", batch.as_bytes()).fails(2, "line 2: an event of");
    home.feed("stream append order-1 --type t --data -", &vec![b' '; 5 << 20]).fails(2, "more than");
    assert_eq!(home.head(), before);
    home.feed("stream append order-1 --type t --data -", nested(64).as_bytes()).ok();
}

fn lines_of_a_batch(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    let id = "018c2f5e-7a00-7000-8000-0000000000aa";
    for (line, part) in [
        (r#"{"type":"t"}"#.to_owned(), "missing field `data`"),
        (r#"{"data":{}}"#.to_owned(), "missing field `type`"),
        (r#"{"type":"t","data":{},"tpye":1}"#.to_owned(), "unknown field `tpye`"),
        (r#"{"type":"t","type":"t","data":{}}"#.to_owned(), "duplicate field"),
        (r#"["t",{},null,null,1]"#.to_owned(), "an array"),
        ("5".to_owned(), "line 2"),
        ("x".to_owned(), "line 2"),
        (r#"{"type":"","data":{}}"#.to_owned(), "is empty"),
        (r#"{"type":"\u001b","data":{}}"#.to_owned(), "\\u001b"),
        (r#"{"type":"t","data":{},"event_id":"00000000-0000-0000-0000-000000000000"}"#.to_owned(), "nil"),
        (r#"{"type":"t","data":{},"event_id":"x"}"#.to_owned(), "a UUID like"),
        (r#"{"type":"t","data":{},"schema_version":0}"#.to_owned(), "nonzero"),
        (r#"{"type":"t","data":{},"schema_version":4294967296}"#.to_owned(), "nonzero u32"),
        (format!("{{\"type\":\"t\",\"data\":{{}},\"event_id\":\"{id}\"}}"), "is that of line 1 too"),
    ] {
        let first = format!("{{\"type\":\"t\",\"data\":{{}},\"event_id\":\"{id}\"}}");
        let batch = format!("{first}\n{line}\n");
        let answer = home.feed("stream append order-1 --batch -", batch.as_bytes()).fails(2, part);
        assert!(answer.err.contains("stdin, line 2: "), "{answer:?}");
    }
    for empty in [&b""[..], b"\n\n", b"\xef\xbb\xbf", b"  \r\n"] {
        home.feed("stream append order-1 --batch -", empty).fails(2, "has no events");
    }
    home.feed("stream append order-1 --type t --data -", b"").fails(2, "--data");
    assert_eq!(home.head(), before);
}

fn encodings(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    for line in ["stream append order-1 --batch -", "stream append order-1 --type t --data -"] {
        home.feed(line, b"\xff\xfe{\0}\0").fails(2, "UTF-16");
        home.feed(line, b"\xfe\xff\0{\0}").fails(2, "UTF-16");
        home.feed(line, b"{\"a\":\"\xc3(\"}").fails(2, "byte 6");
    }
    home.feed("stream append order-1 --batch -", b"{\"type\":\"t\",\"data\":{}}\n\xff\n")
        .fails(2, "stdin:2 is not UTF-8: byte 23");
    assert_eq!(home.head(), before);
    home.feed("stream append order-1 --type t --data -", b"\xef\xbb\xbf{\"a\":1}").ok();
    home.feed("stream append order-1 --batch -", b"\xef\xbb\xbf{\"type\":\"t\",\"data\":{}}\r\n").ok();
    let file = home.file("bom.ndjson", b"\xef\xbb\xbf\n{\"type\":\"t\",\"data\":{}}");
    home.run(&format!("stream append order-1 --batch {file}")).ok();
    assert_eq!(home.head().0, before.0 + 3);
}

#[cfg(unix)]
fn arguments_that_are_no_utf8_are_refused(on: Backend) {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let home = Home::seeded(on);
    for arguments in [&["stream", "show"][..], &["resource", "list", "--owner"], &["--store"]] {
        let mut command = home.command();
        command.args(arguments).arg(OsStr::from_bytes(b"a-\xff"));
        Answer::of(start(&mut command), b"").fails(2, "UTF-8");
    }
    for name in ["ESCTL_STORE", "ESCTL_CLIENT", "ESCTL_TIMEOUT"] {
        let mut command = home.command();
        command.env(name, OsStr::from_bytes(b"a-\xff")).args(["resource", "unlock", "gold"]);
        Answer::of(start(&mut command), b"").fails(2, "UTF-8");
    }
}

fn the_environment_is_read_as_strictly_as_flags(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    for (name, value, part) in [
        ("ESCTL_STORE", " ", "has no scheme"),
        ("ESCTL_CLIENT", " ", "is empty"),
        ("ESCTL_OUTPUT", "xml", "possible values"),
        ("ESCTL_TIMEOUT", "0s", "no time"),
        ("ESCTL_TIMEOUT", "5", "did you mean 5s?"),
    ] {
        let mut command = home.command();
        command.env(name, value).args(["resource", "lock", "gold"]);
        Answer::of(start(&mut command), b"").fails(2, part);
    }
    assert_eq!(home.head(), before);
}

fn a_line_of_a_gigabyte_takes_no_memory(on: Backend) {
    let home = Home::seeded(on);
    let before = home.head();
    let mut command = home.command();
    command.args(["stream", "append", "order-1", "--batch", "-"]);
    let mut child = start(&mut command);
    let mut stdin = child.stdin.take().unwrap();
    let chunk = vec![b'x'; 1 << 20];
    let written = (0..1024).take_while(|_| stdin.write_all(&chunk).is_ok()).count();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stdin:1: the line is longer than"), "{output:?}");
    assert!(written < 64, "{written} MiB were taken before it was refused");
    assert_eq!(home.head(), before);
}

fn composed_and_decomposed_are_the_same_stream(on: Backend) {
    let home = Home::new(on);
    home.run("stream append caf\u{e9}-1 --type t --data {}").ok();
    let second = home.run("stream append cafe\u{301}-1 --type t --data {} -o json").ok().json();
    assert_eq!(second["version"], 2);
    assert_eq!(home.run("stream list -o ndjson").ok().lines().len(), 1);
    home.run("resource create e\u{301} --owner o --type t --amount 1 --max 1").ok();
    home.run("resource create \u{e9} --owner o --type t --amount 1 --max 1").fails(5, "already");
}

fn event_ids(on: Backend) {
    let home = Home::seeded(on);
    refused(
        &home,
        &[
            ("stream append order-1 --type t --data {} --event-id 00000000-0000-0000-0000-000000000000", 2, "nil"),
            ("stream append order-1 --type t --data {} --event-id 5", 2, "a UUID like 018c2f5e"),
            ("stream append order-1 --type t --data {} --event-id ''", 2, "a UUID like 018c2f5e"),
        ],
    );
    let again = |stream: &str, data: &str| {
        home.run_args(&words(&format!("stream append {stream} --type order.placed --data '{data}' --event-id {EVENT_ID}")))
    };
    let before = home.head();
    again("order-1", r#"{"n":9}"#).fails(4, "already used by a different event (stream order-1, version 1); `data` differs");
    again("order-2", r#"{"n":1}"#).fails(4, "(stream order-1, version 1); `stream` differs");
    let other = home.run(&format!("stream append order-1 --type other --data {{}} --event-id {EVENT_ID} -o json"));
    let details = &other.error()["details"];
    assert_eq!(details["differs"], serde_json::json!(["type", "data"]));
    assert_eq!((&details["stream"], &details["version"]), (&"order-1".into(), &1.into()));
    assert!(again("order-1", r#"{ "n" : 1 }"#).ok().out.contains("applied before"));
    assert_eq!(home.head(), before);
}
