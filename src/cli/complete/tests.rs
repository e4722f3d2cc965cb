//! Tests of completion: splitting lines, inserting names, and the source of each argument.

use clap::Command;

use crate::cli::args;
use crate::cli::complete::bash::replacement;
use crate::cli::complete::command_line::TypedWord;
use crate::cli::complete::command_line::split;
use crate::cli::complete::command_line::typed_options;
use crate::cli::complete::command_line::unquoted;
use crate::cli::name_source::NameSource;

fn texts(line: &str) -> Vec<String> {
    split(line).into_iter().map(|word| word.text).collect()
}

#[test]
fn a_line_is_taken_apart_as_bash_would_read_it() {
    assert_eq!(texts("esctl stream show "), ["esctl", "stream", "show", ""]);
    assert_eq!(texts("esctl --store sqlite:/a\\ b.db x"), ["esctl", "--store", "sqlite:/a b.db", "x"]);
    assert_eq!(texts(r#"e '' "a b"c 'it'"'"s "\$x\y"#), ["e", "", "a bc", "it's", r"$x\y"]);
    assert_eq!(texts("e \\"), ["e", ""]);
    assert_eq!(unquoted("'a b'"), "a b");
    assert_eq!(unquoted("a b"), "a b");
}

#[test]
fn what_is_replaced_begins_where_bash_begins_a_word() {
    let last = |line: &str| split(line).pop().unwrap();
    assert_eq!(last("e --type=order.p"), TypedWord { text: "--type=order.p".into(), open: None, from: 7 });
    assert_eq!(last("e a:b"), TypedWord { text: "a:b".into(), open: None, from: 2 });
    assert_eq!(last("e 'a:b"), TypedWord { text: "a:b".into(), open: Some('\''), from: 0 });
    assert_eq!(last("e --x='a"), TypedWord { text: "--x=a".into(), open: Some('\''), from: 4 });
}

#[test]
fn names_reach_the_command_line_as_one_word_and_nothing_else() {
    let typed = |line: &str| split(line).pop().unwrap();
    let plain = typed("e ord");
    assert_eq!(replacement("order-1", &plain).as_deref(), Some("order-1"));
    assert_eq!(
        replacement("order-$(reboot);`x` 'y' \"z\" *!~#", &plain).unwrap(),
        r#"order-\$\(reboot\)\;\`x\`\ \'y\'\ \"z\"\ \*\!\~\#"#
    );
    assert_eq!(replacement("a:b c", &typed("e a:b")).as_deref(), Some(r"b\ c"));
    assert_eq!(replacement("o $x `y`", &typed("e \"o")).as_deref(), Some(r"o \$x \`y\`"));
    assert_eq!(replacement("o $x", &typed("e 'o")).as_deref(), Some("o $x"));
    for (name, line) in [("it's", "e 'i"), ("hey!", "e \"h"), ("a\nb", "e a"), ("a\u{1b}b", "e a"), ("a\rb", "e a")] {
        assert_eq!(replacement(name, &typed(line)), None, "{name:?}");
    }
}

#[test]
fn what_bash_reads_back_is_the_name() {
    for name in ["a b", "$(x)", "a'b", "a\"b", "a\\b", "~x", "a;b&c|d", "金 é", "{a,b}", "!!", "#x", "-"] {
        let put = replacement(name, &TypedWord::default()).unwrap();
        assert_eq!(texts(&format!("e {put}")), ["e", name], "{put}");
    }
}

#[test]
fn the_last_store_that_was_typed_counts() {
    let words: Vec<String> =
        ["esctl", "--store", "a:b", "stream", "--store=c", "--context", "x", "--store"].map(String::from).into();
    assert_eq!(typed_options(&words, &["--store", "--context"]), ["--store=c", "--context=x"]);
}

/// Returns the arguments of all commands, as `COMMAND ARGUMENT SOURCE`, with `-` for an argument that declares no source.
fn arguments(command: &Command, path: &[String], found: &mut Vec<String>) {
    for arg in command.get_arguments().filter(|arg| !arg.is_global_set() || path.is_empty()) {
        let source = arg.get::<NameSource>().map_or("-".into(), |source| format!("{source:?}"));
        found.push(format!("{} {} {source}", path.join(" "), arg.get_id()));
    }
    for command in command.get_subcommands() {
        arguments(command, &[path, &[command.get_name().to_owned()]].concat(), found);
    }
}

#[test]
fn every_argument_that_names_something_is_completed() {
    let mut found = Vec::new();
    arguments(&args::command(), &[], &mut found);
    for expected in [
        " context Contexts",
        "context use name Contexts",
        "context remove name Contexts",
        "stream show stream Store(Streams)",
        "stream read stream Store(Streams)",
        "stream tail stream Store(Streams)",
        "stream append stream Store(Streams)",
        "stream read category Store(Categories)",
        "stream read types Store(Types)",
        "stream append event_type Store(Types)",
        "replay stream Store(Streams)",
        "replay category Store(Categories)",
        "replay reducer Reducers",
        "snapshot take stream Store(Streams)",
        "snapshot show stream Store(StreamsWithSnapshots)",
        "resource lock id Store(IdsOf(\"resource\"))",
        "resource history id Store(IdsOf(\"resource\"))",
        "doc missing id Store(IdsOf(\"document\"))",
        "game bot id Store(IdsOf(\"game\"))",
        "projection query name Store(Projections)",
        "projection run names Store(Projections)",
        "projection delete name Store(StoredProjections)",
        "projection errors skip Store(FailedEvents)",
        "quarantine release event_id Store(QuarantinedEvents)",
        "verify stream Store(Streams)",
    ] {
        assert!(found.iter().any(|found| found == expected), "{expected}\n{}", found.join("\n"));
    }
}

#[test]
fn an_argument_for_a_new_name_or_an_id_without_a_list_is_not_completed() {
    let mut found = Vec::new();
    arguments(&args::command(), &[], &mut found);
    let names = ["id", "name", "names", "stream", "event_id", "category", "types", "event_type", "reducer"];
    let without: Vec<&str> = found
        .iter()
        .filter_map(|argument| argument.strip_suffix(" -"))
        .filter(|argument| argument.rsplit(' ').next().is_some_and(|name| names.contains(&name)))
        .collect();
    assert_eq!(
        without,
        [
            "resource create id",
            "doc create id",
            "game new id",
            "stream append event_id",
            "trace id",
            "projection create name",
            "quarantine add event_id",
            // Of the store that --from names.
            "copy category",
            "context add name",
        ]
    );
}
