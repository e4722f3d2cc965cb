//! Tests that direct evaluation gives what the interpreter gives, and reads no more than a program uses.

use std::sync::Mutex;

use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::sample::select;

use crate::jq::JqProgram;
use crate::jq::JqValue;
use crate::jq::Lazy;
use crate::jq::LazyJson;
use crate::jq::LazyObject;
use crate::jq::RunError;
use crate::jq::from_text;
use crate::jq::on_a_large_stack;

/// Programs as operators write them.
const COMMON: [&str; 52] = [
    ".event.data as {amount: $a, $who} | (.state // {}) | .[$who] += $a",
    ".event.data as {items: [$first, {id: $id}]} | {$first, $id}",
    ".stream[6:], .stream[:-1], (.data.items[1:] | length), .data.amount[:1]?",
    "[.event.data.items[].id] | join(\", \")",
    ".state | with_entries(select(.value != null) | .key |= \"x\" + .)",
    ".state.by | to_entries | map(.key) | sort",
    "((.state.tags // []) + [.event.data.who]) | unique",
    "first(.data.items[] | select(.n > 2)) // null",
    "{last: (.event.data | tojson)}",
    ".event.data.items | map({key: .id, value: .n}) | from_entries",
    ".data.customer",
    ".stream | split(\"-\")[1]",
    "if .type == \"x\" then .data.id else empty end",
    "{n: ((.state.n // 0) + 1), total: ((.state.total // 0) + .event.data.total)}",
    ".state + {last: .event.type, n: .event.version}",
    ".state + [.event.type]",
    "(.state // 0) + 1",
    "(.state // []) + [.event.data.amount * 3 - .event.version]",
    ".state as $s | .event.data | if .amount > 0 then {last: .amount, before: $s.last} else $s end",
    "(.state // {}) | .[\"k\\(.n // 0)\"] = 0.1 | .n = ((.n // 0) + 1) % 3",
    "(.state // 0) + .event.data.amount / 7",
    ".event.data as $d | (.state // {}) | .total += $d.amount | .by[$d.who] += 1",
    ".event.data as $d | .state | .by[$d.who].last = $d.amount",
    ".event as $e | .state | .seen |= (. // 0) + $e.version",
    "reduce .event.data.items[] as $i (.state // {sum: 0}; .sum += $i.price * $i.n)",
    "[.event.data.items[] | .price * .n] | add",
    ".event.data.items | map(select(.n > 1) | {id, n})",
    ".event.data.items | map(.n) | add // 0",
    "{total: (.event.data.items | map(.price) | add), first: .event.data.items[0].id}",
    ".data.amount? == 100",
    "(.data.b | keys | length > 0)?",
    ".type | startswith(\"order.\")",
    ".type | endswith(\".paid\") | not",
    ".metadata.client_id == \"ann\" and .version > 1",
    ".data.total == 250 or (.data.tags | any(. == \"x\"))",
    "any(.data.items[]; .n > 1)",
    "all(.data.items[]; .n > 1)",
    ".data | has(\"amount\")",
    ".data.name | ascii_downcase | . + \"!\"",
    "\"\\(.stream): \\(.data.amount)\"",
    ".state | del(.old, .by.x)",
    ".state | (.rows[] | select(.id == 2)).n += 1",
    ".state | .rows |= map(.n * 2)",
    ".data.a // .data.b // \"none\"",
    "{(.event.data.id | tostring): .event.version}",
    "1 as $a | {\"a b\": 1, a, $a}? // 1",
    ".event.data | {amount, who} | .amount |= tonumber",
    ".data.items | length",
    ".data.items | first.id, last.id",
    "-.data.amount | . - 1",
    "[.data.items[]?.n, .data.none[]?]",
    ".data.amount | type",
];

const INPUTS: [&str; 12] = [
    "null",
    "3",
    "\"x\"",
    "[1,{\"a\":2},[3]]",
    "{}",
    r#"{"state":null,"event":{"type":"x","version":1,"data":{"amount":5,"who":"ann","id":7,"total":3}}}"#,
    r#"{"state":{"n":1,"total":0.5,"by":{"x":1,"ann":2},"old":1,"last":"y","rows":[{"id":1,"n":1},{"id":2,"n":5}]},
        "event":{"type":"y","version":9007199254740993,"data":{"amount":-9223372036854775808,"who":"x","total":-1.5,
        "items":[{"id":"a","price":2.5,"n":2},{"id":"b","price":1,"n":1}]}}}"#,
    r#"{"state":7,"event":{"data":{"items":[]}}}"#,
    r#"{"stream":"order-17","type":"order.paid","version":3,"data":{"amount":100,"b":{"c":1},"tags":["x"],"items":[{"n":2},{"n":3}]},
        "metadata":{"client_id":"ann"}}"#,
    r#"{"type":"x","data":{"id":1,"amount":"12","name":"Éa B","customer":"c"}}"#,
    r#"{"a":{"a":{"a":1}},"b":[[1,2],[3]],"c":[{"a":1,"b":"x"},{"a":null}],"s":"a-b","n":-4,"f":1.25,"t":true,"z":null}"#,
    r#"{"a":9223372036854775807,"b":{"x":1},"c":{"k":[1],"l":{"m":"n"}},"s":"","n":0,"f":1e300,"t":false}"#,
];

/// An object that notes each member that is read.
struct Noted<'o> {
    object: LazyJson<'o>,
    read: Mutex<Vec<String>>,
}

impl LazyObject for Noted<'_> {
    fn member(&self, name: &str) -> Result<Lazy<'_>, serde_json::Error> {
        self.read.lock().unwrap().push(name.to_owned());
        self.object.member(name)
    }

    fn whole(&self) -> Result<JqValue, serde_json::Error> {
        self.read.lock().unwrap().push("everything".to_owned());
        self.object.whole()
    }
}

fn same(text: &str, inputs: &[&str], steps: Option<u64>) {
    let Ok(program) = JqProgram::compile("p", text) else { return };
    let program = steps.map_or_else(|| program.clone(), |steps| program.clone().with_steps(steps));
    let interpreted = program.interpreted();
    for json in inputs {
        let input = from_text(json).unwrap();
        // The form of a number is compared as well.
        let form = |result| format!("{result:?}");
        let (found, expected) = (program.at_most_one(input.clone()), interpreted.at_most_one(input.clone()));
        assert_eq!(form(found), form(expected), "{text} of {input}");
        assert_eq!(program.holds(input.clone()), interpreted.holds(input.clone()), "{text} of {input}");
        // Also for an input of which the members are read when they are used.
        let lazy = LazyJson::read(json).unwrap();
        if let Lazy::Object(object) = lazy.value() {
            let failed = |error| match error {
                RunError::Program(error) => error,
                RunError::Input(error) => panic!("{text} of {input}: {error}"),
            };
            let expected = form(interpreted.at_most_one(input.clone()));
            assert_eq!(form(program.at_most_one_of(object).map_err(failed)), expected, "{text} of {input}");
            assert_eq!(program.holds_of(object).map_err(failed), interpreted.holds(input.clone()), "{text} of {input}");
        }
    }
}

#[test]
fn common_programs_are_evaluated_directly_and_mean_the_same() {
    on_a_large_stack(|| {
        for text in COMMON {
            assert!(JqProgram::compile("p", text).unwrap().is_direct(), "{text}");
            same(text, &INPUTS, None);
        }
    })
    .unwrap();
}

/// Programs in which the order of evaluation decides whether an error comes before an empty result.
const ORDER: [&str; 14] = [
    ".a?[.b]",
    "[.a?[.b]]",
    ".a?[(.b):]",
    "(.a[empty] // 5)?",
    "[(1, (.a - empty), 3)?]",
    "[(1, (.a + empty), 3)?]",
    "((.a == empty) // 5)?",
    "({a: .x, b: empty} // 5)?",
    "({(.x): 1, b: empty} // 5)?",
    "(\"\\(.x)\\(empty)\" // 5)?",
    "((.x[])[1|.b] |= 1)?",
    "[(.a | -empty)?]",
    "[.. | numbers]?",
    "(.a and empty) // 5",
];

#[test]
fn errors_and_empty_results_come_in_the_order_of_the_interpreter() {
    on_a_large_stack(|| ORDER.iter().for_each(|text| same(text, &[&INPUTS[..], &["5", "1", r#"{"x":[]}"#]].concat(), None)))
        .unwrap();
}

#[test]
fn values_that_are_nested_too_deeply_are_refused_as_by_the_interpreter() {
    let many = format!("{{\"a\":[{}1]}}", "1,".repeat(119));
    on_a_large_stack(|| {
        for end in
            ["tojson | length", "tostring | length", "\"\\(.)\" | length", "[.] | join(\",\")", ". == 1", "[.] | sort | length"]
        {
            for depth in [95, 97, 98, 99, 100, 101, 119] {
                same(&format!("reduce .a[:{depth}][] as $x (0; [.]) | {end}"), &[&many], None);
            }
        }
    })
    .unwrap();
}

#[test]
fn a_program_of_many_parts_can_be_dropped_on_any_stack() {
    for text in [
        ".a".repeat(30_000),
        format!(". as [{}$a] | 1", "$a,".repeat(10_000)),
        format!("if . then 1 {} end", "elif . then 2 ".repeat(4_000)),
    ] {
        let program = JqProgram::compile("p", &text).unwrap();
        std::thread::Builder::new().stack_size(256 << 10).spawn(move || drop(program)).unwrap().join().unwrap();
    }
}

#[test]
fn a_program_reads_only_the_members_that_it_uses() {
    let text = r#"{"state":{"n":1,"total":5},"event":{"data":{"total":2}},"other":[1,2,3]}"#;
    let read = |program: &str| {
        let object = Noted { object: LazyJson::read(text).unwrap(), read: Mutex::default() };
        JqProgram::compile("p", program).unwrap().one_of(&object).unwrap();
        object.read.into_inner().unwrap()
    };
    assert_eq!(read("{n: (.state.n + 1), total: (.state.total + .event.data.total)}"), ["state", "state", "event"]);
    assert_eq!(read(".event.data as $d | .state | .total += $d.total"), ["event", "state"]);
    assert_eq!(read("if .event.data.total > 1 then .state else null end"), ["event", "state"]);
    assert_eq!(read("1"), [] as [&str; 0]);
    assert_eq!(read(". | length"), ["everything"]);
    // The interpreter reads all of it once.
    assert_eq!(read("[limit(1; .state.n)]"), ["everything"]);
}

#[test]
fn members_of_a_text_are_those_of_its_value() {
    let many: Vec<_> = (0..100).map(|n| format!("\"k{n}\":{n}")).collect();
    let many = format!("{{{}}}", many.join(","));
    for text in [r#"{"a":1,"b":{"c":[1.50,"\u00e9"]},"a":2,"\u0061b":null}"#, "{}", "[1]", "3", " { \"a\" : [ ] } ", &many] {
        let lazy = LazyJson::read(text).unwrap();
        let value = from_text(text).unwrap();
        for name in ["a", "b", "ab", "c", "k70", ""] {
            let found = match lazy.value() {
                Lazy::Object(object) => Some(object.member(name).unwrap()),
                Lazy::Shared(JqValue::Obj(members)) => members.get(&crate::jq::text(name)).map(Lazy::Shared),
                _ => None,
            };
            let found = found.map(|found| super::index::owned(found).unwrap()).unwrap_or_default();
            let expected = match &value {
                JqValue::Obj(members) => members.get(&crate::jq::text(name)).cloned().unwrap_or_default(),
                _ => JqValue::Null,
            };
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{name} of {text}");
        }
        assert_eq!(format!("{:?}", super::index::owned(lazy.value()).unwrap()), format!("{value:?}"));
    }
    for text in ["{\"a\":}", "", "{", "{\"a\":1} 2", "{\"a\":1e999}"] {
        let whole = LazyJson::read(text).and_then(|lazy| lazy.whole());
        assert_eq!(whole.unwrap_err().to_string(), from_text(text).unwrap_err().to_string(), "{text}");
    }
}

#[test]
fn a_program_that_takes_many_steps_is_left_to_the_interpreter() {
    on_a_large_stack(|| {
        let many = format!("{{\"a\":[{}1]}}", "1,".repeat(500));
        for text in ["[.a[] | . + 1] | add", "reduce .a[] as $x ([]; . + [$x])", ".a | map([., .]) | length", ".a == .a"] {
            for steps in [10, 100, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000] {
                same(text, &[&many], Some(steps));
            }
        }
    })
    .unwrap();
}

fn programs() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        ".",
        ".a",
        ".b",
        ".c",
        ".s",
        ".n",
        ".f",
        ".t",
        ".z",
        ".b[0]",
        ".c[]",
        ".b[]?",
        ".c[-1].a",
        ".[0]",
        ".a?",
        ".a.a.a",
        "1",
        "-2",
        "0.5",
        "3.10",
        "\"x\"",
        "\"a\"",
        "null",
        "true",
        "false",
        "empty",
        "[]",
        "{}",
        "$x",
        "length",
        "type",
        "not",
        "tostring",
        "keys",
        "add",
        "any",
        "all",
        "first",
        "last",
        "values",
        "tonumber",
        "ascii_upcase",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(5, 24, 3, |inner| {
        let operator = select(vec![
            "|", "|", "|", ",", "//", "+", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "=", "|=", "+=",
            "-=", "*=", "//=",
        ]);
        let path = select(vec![".a", ".b", ".b[0]", ".b[-1]", ".c[]", ".c[].a", ".a.b", ".[\"k\"]", ".a?", ".c[]?", ".", "(.a, .b)", "(.c | .k)"]);
        let call = select(vec![
            "select", "map", "del", "has", "startswith", "endswith", "split", "any", "all", "add", "join", "first", "with_entries", "[", "-", "?", ".[", ".a[",
            "{(", "text", "{a:",
        ]);
        prop_oneof![
            4 => (inner.clone(), operator, inner.clone()).prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            2 => (path.clone(), select(vec!["=", "|=", "+=", "//="]), inner.clone())
                .prop_map(|(path, operator, change)| format!("({path} {operator} {change})")),
            1 => path.prop_map(|path| format!("del({path})")),
            3 => (call, inner.clone()).prop_map(|(call, inner)| match call {
                "[" => format!("[{inner}]"),
                "-" => format!("-({inner})"),
                "?" => format!("({inner})?"),
                ".[" => format!(".[{inner}]"),
                ".a[" => format!(".a[{inner}]?"),
                "{(" => format!("{{({inner}): .}}"),
                "{a:" => format!("{{a: ({inner}), b: 2}}"),
                "text" => format!("\"<\\({inner})>\""),
                call => format!("{call}({inner})"),
            }),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("if {a} then {b} else {c} end")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} as $x | {b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} as {{a: $x, b: [$y]}} | [$y] + ({b}))")),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("reduce {a} as $x ({b}; {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_program_means_what_it_means_to_the_interpreter(program in programs()) {
        on_a_large_stack(|| {
            // Not each program binds the variable that it uses.
            same(&format!(". as $x | {program}"), &INPUTS, Some(100_000));
        })
        .unwrap();
    }
}
