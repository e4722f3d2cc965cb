//! Tests of programs, including hostile ones.

use serde_json::Value;
use serde_json::json;

use super::JqError;
use super::JqProgram;
use super::JqValue;
use super::from_text;
use super::limit::Limit;
use super::on_a_large_stack;
use super::to_json;

fn run(program: &str, input: &Value) -> Result<Value, JqError> {
    JqProgram::compile("p", program).unwrap().one(from_text(&input.to_string()).unwrap()).map(|value| to_json(&value))
}

/// Runs a program with fewer steps, since tests are not optimised.
fn run_hostile(program: &str) -> Result<Value, JqError> {
    let program = JqProgram::compile("p", program).unwrap().with_steps(FEW);
    program.one(JqValue::Null).map(|value| to_json(&value))
}

const FEW: u64 = 300_000;

fn refused(program: &str) -> (usize, usize, String) {
    let error = JqProgram::compile("p", program).unwrap_err();
    (error.line, error.column, error.message)
}

#[test]
fn what_programs_mean_is_not_changed_by_the_guard() {
    let input = json!({"a": 1, "b": [1, 2, 3], "c": {"d": "x", "e": null}, "s": "a-b"});
    let cases = [
        (".a + 1", json!(2)),
        ("[.b[] * 2]", json!([2, 4, 6])),
        (".b | add", json!(6)),
        (".a += 5 | .a", json!(6)),
        (".b[] += 1 | .b", json!([2, 3, 4])),
        (".c.n += 1 | .c.n", json!(1)),
        (".b *= 2 | .b", json!("refused")),
        ("[(1, 2) + (10, 20)]", json!([11, 21, 12, 22])),
        ("[.. | numbers]", json!([1, 1, 2, 3])),
        ("[.. |= (numbers |= . + 1)] | .[0].b", json!([2, 3, 4])),
        ("(.. | select(. == 2)) |= 20 | .b", json!([1, 20, 3])),
        ("\"\\(.a)-\\(.b)-\\(.s)\"", json!("1-[1,2,3]-a-b")),
        ("@base64 \"<\\(.s)>\"", json!("<YS1i>")),
        ("{a, n: .b, (\"k\" + \"l\"): 1, \"x y\": 2}", json!({"a": 1, "n": [1, 2, 3], "kl": 1, "x y": 2})),
        ("[range(5)], [range(2; 10; 3)], [range(3; 0; -1)] | add", json!("several")),
        ("[range(0; 1; 0.25)]", json!([0, 0.25, 0.5, 0.75])),
        ("reduce .b[] as $x (0; . + $x)", json!(6)),
        ("[foreach .b[] as $x (0; . + $x; [$x, .])]", json!([[1, 1], [2, 3], [3, 6]])),
        ("[limit(3; repeat(1))]", json!([1, 1, 1])),
        ("[label $out | .b[] | if . > 2 then break $out else . end]", json!([1, 2])),
        ("def f: if . > 100 then . else . * 2 | f end; .a | f", json!(128)),
        ("[paths]", json!([["a"], ["b"], ["b", 0], ["b", 1], ["b", 2], ["c"], ["c", "d"], ["c", "e"], ["s"]])),
        ("[paths(numbers)]", json!([["a"], ["b", 0], ["b", 1], ["b", 2]])),
        ("to_entries | from_entries | .c.d", json!("x")),
        ("with_entries(.value |= tojson) | .b", json!("[1,2,3]")),
        ("\"[1,{\\\"a\\\":9007199254740993}]\" | fromjson | .[1].a", json!(9_007_199_254_740_993_i64)),
        (".s | split(\"-\") | join(\"+\")", json!("a+b")),
        (".s | gsub(\"(?<l>[a-z])\"; \"<\\(.l)>\")", json!("<a>-<b>")),
        (".s | test(\"^a.b$\")", json!(true)),
        (".b | group_by(. % 2) | map(length)", json!([1, 2])),
        ("del(.b[0]) | .b", json!([2, 3])),
        ("{a: {b: 1}} * {a: {c: 2}}", json!({"a": {"b": 1, "c": 2}})),
        ("\"ab\" * 3", json!("ababab")),
        ("try error(\"x\") catch .", json!("x")),
        (".a as $x | [$x, .b[0]] as [$y, $z] | $y + $z", json!(2)),
        ("1784000000 | todate", json!("2026-07-14T03:33:20Z")),
        (".x.y.z", json!(null)),
        ("[.b[]?, .a[]?]", json!([1, 2, 3])),
        ("[.b[:2][]]", json!([1, 2])),
    ];
    for (program, expected) in cases {
        match (run(program, &input), expected.as_str()) {
            (Err(JqError::NotOne { .. }), Some("several")) | (Err(JqError::Raised { .. }), Some("refused")) => {}
            (found, _) => assert_eq!(found, Ok(expected), "{program}"),
        }
    }
}

#[test]
fn whole_numbers_stay_whole() {
    let most = i64::MAX;
    let input = json!({"n": most, "m": 9_007_199_254_740_993_i64, "least": i64::MIN});
    assert_eq!(run(".n", &input), Ok(json!(most)));
    assert_eq!(run(".m + 2", &input), Ok(json!(9_007_199_254_740_995_i64)));
    assert_eq!(run(".m * 3 - .m", &input), Ok(json!(18_014_398_509_481_986_i64)));
    assert_eq!(run("[.m] | add | tostring", &input), Ok(json!("9007199254740993")));
    assert_eq!(run(".m | floor", &input), Ok(json!(9_007_199_254_740_993_i64)));
    assert_eq!(run(".n - 1 + 1 == .n", &input), Ok(json!(true)));
    assert_eq!(run(".least % -1", &input), Ok(json!(0)));
    assert_eq!(run("9223372036854775807", &input), Ok(json!(most)));
    // A number may be larger during a run. A result fits into 64 bits or is refused.
    assert_eq!(run(".n + 1 - 1", &input), Ok(json!(most)));
    for beyond in [".n + 1", "-.least", ".n * 2", "9223372036854775808"] {
        let error = run(beyond, &input).unwrap_err();
        assert!(error.to_string().contains("does not fit into 64 bits"), "{beyond}: {error}");
    }
    for none in ["1 / 0", "infinite", "nan", "[1e400]"] {
        assert!(run(none, &input).is_err(), "{none}: {:?}", run(none, &input));
    }
    assert_eq!(run("1.0", &input).unwrap().to_string(), "1.0");
}

#[test]
fn what_is_no_json_is_refused() {
    for program in ["{(1|tojson|tobytes): 1}", "\"a\" | tobytes", "{([1]): 2}", "reduce range(200) as $i (1; [.])"] {
        let error = run(program, &Value::Null).unwrap_err();
        assert!(matches!(error, JqError::Result { .. }), "{program}: {error:?}");
    }
}

#[test]
fn programs_that_loop_or_explode_are_stopped() {
    use Limit::Bits;
    use Limit::Bytes;
    use Limit::Items;
    use Limit::Recursion;
    let cases: [(&str, &[Limit]); 38] = [
        ("def f: f; f", &[Limit::Steps(FEW)]),
        ("def f: 1 + f; f", &[Recursion, Limit::Steps(FEW)]),
        ("def f: [f]; f", &[Recursion, Limit::Steps(FEW)]),
        ("def f: f | f; f", &[Recursion, Limit::Steps(FEW)]),
        ("def f: try f catch f; f", &[Recursion, Limit::Steps(FEW)]),
        ("def f: (f)?, (f)?; [f]", &[Recursion, Limit::Steps(FEW)]),
        ("[repeat(1)]", &[Limit::Steps(FEW)]),
        ("[range(1e12)]", &[Limit::Steps(FEW), Items]),
        ("[range(1000000000000)]", &[Limit::Steps(FEW), Items]),
        ("range(1000000000000) | empty", &[Limit::Steps(FEW)]),
        ("first(range(1000000000000) | select(false))", &[Limit::Steps(FEW)]),
        ("[range(1000000000000) | (., error)?]", &[Limit::Steps(FEW), Items]),
        ("range(infinite) | empty", &[Limit::Steps(FEW)]),
        ("[recurse(.)]", &[Limit::Steps(FEW)]),
        ("last(repeat(1))", &[Limit::Steps(FEW)]),
        ("until(false; .)", &[Limit::Steps(FEW)]),
        ("[while(true; .)]", &[Limit::Steps(FEW)]),
        ("[limit(1000000000; repeat(1))]", &[Limit::Steps(FEW)]),
        ("skip(1000000000; repeat(1))", &[Limit::Steps(FEW)]),
        ("reduce repeat(1) as $x (0; . + $x)", &[Limit::Steps(FEW)]),
        ("foreach repeat(1) as $x (0; . + $x) | empty", &[Limit::Steps(FEW)]),
        ("\"a\" * 1000000000", &[Bytes]),
        ("\"a\" * 1000000000000000000", &[Bytes]),
        ("1000000000000 * \"a\"", &[Bytes]),
        ("\"a\" | . *= 1000000000", &[Bytes]),
        ("reduce range(100) as $i (\"a\"; . + .)", &[Bytes]),
        ("reduce range(100) as $i (\"a\"; \"\\(.)\\(.)\")", &[Bytes]),
        ("reduce range(100) as $i (\"a\"; . += .)", &[Bytes]),
        ("reduce range(100) as $i ([1]; . + .)", &[Items, Limit::Steps(FEW)]),
        ("reduce range(100) as $i (\"<\"; @html + .)", &[Bytes, Limit::Steps(FEW)]),
        ("reduce range(100) as $i (\"\\\"\"; tojson)", &[Bytes]),
        ("reduce range(10000) as $i (10; . * .)", &[Bits]),
        ("reduce range(10000000) as $i (null; [.])", &[Limit::Steps(FEW)]),
        ("reduce range(10000000) as $i (null; [[[[[[[[[[.]]]]]]]]]])", &[Limit::Steps(FEW)]),
        ("reduce range(10000000) as $i (null; {a: .})", &[Limit::Steps(FEW)]),
        ("[range(1000) | [range(1000)]] | [.[] as $a | .[] as $b | $a + $b]", &[Limit::Steps(FEW), Items]),
        (
            "[1,2,3,4,5,6,7,8,9,10] | [., ., ., ., ., ., ., ., ., .] | [.,.,.,.,.,.,.,.,.,.] | [., ., ., ., ., ., ., ., ., .] | [., ., ., ., ., ., ., ., ., .] | [.,.,.,.,.,.,.,.,.,.] | [.,.,.,.,.,.,.,.,.,.] | [.[][][][][][][]]",
            &[Limit::Steps(FEW), Items],
        ),
        ("[limit(5000000; \"x\" | repeat(.))] | implode", &[Limit::Steps(FEW), Items]),
    ];
    for (program, limits) in cases {
        match run_hostile(program) {
            Err(JqError::Stopped { limit, .. }) if limit == Limit::Steps(FEW) || limits.contains(&limit) => {}
            other => panic!("{program}: {:.200}", format!("{other:?}")),
        }
    }
}

#[test]
fn what_regexes_and_splitting_take_is_counted_beforehand() {
    let programs = [
        // A match for each character.
        "(\"a\" * 900000) | [match(\"\"; \"g\")]",
        "(\"a\" * 900000) | gsub(\"a\"; \"bb\")",
        "(\"a\" * 900000) | [scan(\".\")] | length",
        "(\"a\" * 9000000) | split(\"a\") | length",
        "(\"a\" * 9000000) | . / \"\" | length",
        "(\"ab\" * 4000000) | split(\"b\"; null) | length",
        // An expression that is large when it is compiled.
        "(\"a\" * 100000) | test(\"(a?){1000}(a?){1000}b\")",
        "range(1000) | \"a\" * 20000 | test(\"((((a?){9}){9}){9})b\")",
        "range(100000) | test(\"x{1000}\")? // empty",
        // Text that is gone through again and again.
        "(\"a\" * 9000000) as $s | range(100000) | $s | ascii_upcase | empty",
        "[range(300000)] as $a | range(100000) | $a | sort | empty",
        "(\"a\" * 900000) as $s | range(100000) | $s | explode | empty",
    ];
    on_a_large_stack(|| {
        for program in programs {
            match run_hostile(program) {
                Err(JqError::Stopped { limit: Limit::Steps(_) | Limit::Items, .. }) => {}
                other => panic!("{program}: {:.200}", format!("{other:?}")),
            }
        }
    })
    .unwrap();
}

#[test]
fn regexes_find_what_they_found_before() {
    let cases = [
        (
            "\"añb ñc\" | [match(\"ñ(?<x>.)\"; \"g\")] | map([.offset, .length, .string, .captures[0].name, .captures[0].offset])",
            json!([[1, 2, "ñb", "x", 2], [4, 2, "ñc", "x", 5]]),
        ),
        ("\"foo bar foo\" | [match(\"foo (?<b>bar)? foo\"; \"ig\").captures[].string]", json!(["bar"])),
        ("\"test\" | [match(\"\"; \"g\").offset]", json!([0, 1, 2, 3, 4])),
        ("\"test\" | [match(\"\"; \"gn\").offset]", json!([])),
        ("\"xyz\" | capture(\"(?<a>[a-z])(?<n>[0-9])?\")", json!({"a": "x"})),
        ("\"ab,cd, ef\" | split(\", *\"; null)", json!(["ab", "cd", "ef"])),
        ("\"ab,cd\" | [splits(\",\")], (\"a-b\" | sub(\"-\"; \"+\")) | tojson", json!("several")),
        ("\"aAbB\" | [scan(\"[a-b]\"; \"i\")], ([\"x1y2\" | scan(\"([a-z])([0-9])\")]) | length", json!("several")),
        ("\"aXbxc\" | ascii_downcase | split(\"x\")", json!(["a", "b", "c"])),
        ("\"one\\ntwo\" | test(\"one.two\"; \"s\"), test(\"^two\"; \"x\") | not", json!("several")),
        ("\"a.b\" / \".\"", json!(["a", "b"])),
        ("[10 / 4, (.x // 1) / 2]", json!([2.5, 0.5])),
        // The groups of a repetition need not come in their order.
        ("\"ba\" | [match(\"((a)|(b))*\").captures[].offset]", json!([1, 1, 0])),
    ];
    for (program, expected) in cases {
        match (run(program, &Value::Null), expected.as_str()) {
            (Err(JqError::NotOne { .. }), Some("several")) => {}
            (found, _) => assert_eq!(found, Ok(expected), "{program}"),
        }
    }
    for (program, part) in [
        ("\"a\" | test(\"(\")", "invalid regex"),
        ("\"a\" | test(\"a\"; \"q\")", "invalid regex flag: q"),
        ("\"a.b\" | @base64d", "it is not base64"),
        ("1 | test(\"a\")", "string"),
        ("\"a\" | test(1)", "string"),
        ("\"a\" | test(\"(a{1000}){1000}\")", "invalid regex"),
    ] {
        let error = run(program, &Value::Null).unwrap_err().to_string();
        assert!(error.contains(part), "{program}: {error}");
    }
}

#[test]
fn values_shared_many_times_over_are_not_written_out() {
    let doubled = "reduce range(60) as $i (1; [., .])";
    for after in ["tojson", "tostring", "\"\\(.)\"", "@json", "@text", "@html"] {
        let error = run(&format!("{doubled} | {after}"), &Value::Null).unwrap_err();
        assert!(error.to_string().contains("a value that has more than"), "{after}: {error}");
    }
    assert!(run(&format!("{doubled} | [..] | length"), &Value::Null).is_err());
}

#[test]
fn text_that_is_nested_without_end_is_no_json() {
    for program in ["\"[\" * 1000000 | fromjson", "\"{\\\"a\\\":\" * 1000000 | fromjson"] {
        assert!(matches!(run(program, &Value::Null), Err(JqError::Raised { .. })), "{program}");
    }
}

#[test]
fn an_honest_loop_over_much_is_no_loop_without_end() {
    let cases = [
        ("[range(30000)] | map(. + 1) | add", json!(450_015_000_i64)),
        ("reduce range(30000) as $i ([]; . + [$i]) | length", json!(30_000)),
        ("reduce range(20000) as $i ({}; .[\"k\\($i % 1000)\"] += 1) | length", json!(1000)),
        ("[range(20000)] | sort_by(-.) | .[0]", json!(19999)),
        ("[range(20000) | tostring] | join(\",\") | length", json!(108_889)),
    ];
    on_a_large_stack(|| {
        for (program, expected) in cases {
            assert_eq!(run(program, &Value::Null), Ok(expected), "{program}");
        }
    })
    .unwrap();
}

#[test]
fn an_error_names_the_place() {
    assert_eq!(refused(".a +"), (1, 5, "expected term".into()));
    assert_eq!(refused(".a\n | foo(1)"), (2, 4, "there is no function foo with 1 arguments".into()));
    assert_eq!(refused("$x"), (1, 1, "there is no variable $x".into()));
    assert_eq!(refused("(1"), (1, 3, "expected closing parenthesis".into()));
    assert_eq!(refused(""), (1, 1, "expected term".into()));
    let error = JqProgram::compile("p", "{a: 1,\n b c}").unwrap_err();
    assert!(error.to_string().contains("line 2, column 4") && error.to_string().contains("\n   b c}\n     ^"), "{error}");
}

#[test]
fn nothing_outside_is_seen() {
    for name in ["env", "now", "localtime", "halt", "input", "inputs", "debug", "stderr", "input_filename", "halt_error"] {
        let error = JqProgram::compile("p", name).unwrap_err();
        assert!(error.message.contains("is not available"), "{name}: {error}");
    }
    for program in ["$ENV", "include \"x\"; .", "import \"x\" as x; .", "import \"x\" as $x; ."] {
        assert!(JqProgram::compile("p", program).is_err(), "{program}");
    }
}

#[test]
fn a_program_as_long_or_as_deep_as_it_can_be_is_read_or_refused() {
    assert!(JqProgram::compile("p", &format!("{}1{}", "(".repeat(30_000), ")".repeat(30_000))).is_ok());
    assert!(JqProgram::compile("p", &"[".repeat(60_000)).is_err());
    assert!(JqProgram::compile("p", &format!("1{}", " + 1".repeat(10_000))).is_ok());
    assert!(JqProgram::compile("p", &"1".repeat(70_000)).is_err());
}

#[test]
fn yes_and_no() {
    let holds = |program: &str| JqProgram::compile("p", program).unwrap().holds(from_text(r#"{"n":5}"#).unwrap());
    for (program, expected) in
        [(".n > 4", true), (".n > 5", false), ("empty", false), (".x", false), ("0", true), ("false, 1", true)]
    {
        assert_eq!(holds(program), Ok(expected), "{program}");
    }
    assert!(holds(".n | keys").is_err());
    assert_eq!(holds("(.n | keys)?"), Ok(false));
}

#[test]
fn a_long_error_is_cut() {
    let error = run("[range(100000)] | error", &Value::Null).unwrap_err().to_string();
    assert!(error.len() < 600 && error.ends_with('…'), "{}", error.len());
    let error = run("reduce range(60) as $i (1; [., .]) | error", &Value::Null).unwrap_err().to_string();
    assert!(error.len() < 600, "{}", error.len());
}

#[test]
fn two_programs_have_two_hashes() {
    let hash = |text| JqProgram::compile("p", text).unwrap().hash();
    assert_eq!(hash(".a"), hash(".a"));
    assert_ne!(hash(".a"), hash(".a "));
    assert_eq!(hash(".").len(), 16);
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let input = json!({"state": {"total": 5, "by": {"a": 1, "b": 2}}, "event": {"type": "x", "data": {"amount": 3, "who": "a"}}});
    let program = JqProgram::compile("p", ".event.data as $d | .state | .total += $d.amount | .by[$d.who] += 1").unwrap();
    on_a_large_stack(|| {
        let input = from_text(&input.to_string()).unwrap();
        let start = std::time::Instant::now();
        for _ in 0..100_000 {
            program.one(input.clone()).unwrap();
        }
        eprintln!("a run: {:?}", start.elapsed() / 100_000);
        let start = std::time::Instant::now();
        assert!(JqProgram::compile("p", "def f: f; f").unwrap().one(input.clone()).is_err());
        eprintln!("a loop, to the limit: {:?}", start.elapsed());
        let start = std::time::Instant::now();
        assert!(JqProgram::compile("p", "reduce range(10000000) as $i (null; [.])").unwrap().one(input).is_err());
        eprintln!("a loop that nests, to the limit: {:?}", start.elapsed());
    })
    .unwrap();
}
